"""The chain grows: entries are sealed in blocks a moment after they were posted, and its head is signed."""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.pages import Page
from capitalino.services.ledger.adapters.signer import Mode, Signer, signer_of
from capitalino.services.ledger.settings import LedgerSettings
from capitalino.services.ledger.store import chain
from capitalino.services.ledger.store.chain import Checkpoint

__all__ = ["Chain", "Checkpoint", "Often"]

log = structlog.get_logger()
BLOCK_MAX = 1000
"""Entries of one block."""
WITHIN_MS = 500
"""So long one transaction seals: it holds a connection, and no lock that a posting wants."""


@dataclass(frozen=True, slots=True)
class Often:
    """How soon the head is signed again: after so much time, or so many blocks."""

    every_s: int = 60
    blocks: int = 1000


class Chain:
    """Seals and signs. Verifying is `Proof`'s."""

    def __init__(self, db: Database, signer: Signer, clock: Clock, often: Often) -> None:
        self._db, self._signer, self._clock, self._often = db, signer, clock, often

    @classmethod
    def of(cls, db: Database, settings: LedgerSettings, mode: Mode, clock: Clock) -> "Chain":
        """As the settings say."""
        often = Often(settings.checkpoint_every_s, settings.checkpoint_blocks)
        return cls(db, signer_of(settings, mode), clock, often)

    async def round(self) -> None:
        """What the loop does: seal all that waits, then sign if it is time."""
        await self.seal()
        await self.sign()

    async def seal(self) -> int:
        """Seal everything that no running transaction can still precede; how many entries."""
        sealed = 0
        while True:
            async with self._db.begin() as tx:
                found = await chain.seal(tx, BLOCK_MAX, WITHIN_MS)
            sealed += found.entries
            if found.not_whole is not None:
                log.error("chain.stopped", entry_id=str(found.not_whole), why="rows of it are missing")
            if not found.is_more:
                return sealed

    async def sign(self) -> Checkpoint | None:
        """Sign the head if it is time. What does not follow from the last signed block is not signed."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            head, last = await chain.head(tx), await chain.last_checkpoint(tx)
            since = last.number if last else 0
            if head is None or head.number <= since:
                return None
            is_time = last is None or now - last.signed_at >= timedelta(seconds=self._often.every_s)
            if not is_time and head.number - since < self._often.blocks:
                return None
            is_same = last is None or (await chain.hashes(tx, [since])).get(since) == last.hash
            if not is_same or not await chain.is_linked(tx, since):
                log.error("chain.not_signed", head=head.number, since=since, why="it is not what was signed")
                return None
            made = Checkpoint(head.number, head.hash, now, self._signer.key_id)
            made = replace(made, signature=self._signer.sign(made.message))
            return made if await chain.keep(tx, made) else None

    async def checkpoints(self, page: Page) -> tuple[list[Checkpoint], int | None, int | None]:
        """Signed heads, newest first; where the next page begins; a count for numbered pages."""
        async with self._db.read() as tx:
            found = await chain.checkpoints(
                tx, before=page.after_number, offset=page.offset, limit=page.limit + 1
            )
            total = await chain.count_checkpoints(tx) if page.page else None
        shown = found[: page.limit]
        return shown, shown[-1].number if len(found) > page.limit else None, total

    def public_key(self, key_id: str) -> bytes | None:
        """With which anybody can verify what that key has signed; None when we do not have it."""
        return self._signer.public_key(key_id)
