"""The chain: sealing, checkpoints, and what the database finds when it makes everything again."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text

from capitalino.kit.db import Database, Tx
from capitalino.services.ledger.tables.chain import block, checkpoint, unsealed_refusal

SEAL = text("select entries, is_more, not_whole from ledger.seal(:size, :ms)")
KEEP = text("select ledger.keep_checkpoint(:number, :hash, :at, :key, :signature)")
AGAIN = text("select number, previous, hash, again, entries from ledger.blocks_again(:first, :last)")
FIRST_BROKEN = text("select relation, key, how, detail from ledger.first_broken(:number)")
NOT_IN_ONE_BLOCK = text("select relation, key, how from ledger.not_in_one_block() limit :limit")
LINES_TOO_MANY = text("select relation, key, how from ledger.lines_too_many() limit :limit")
REPLAY_LINES = text(
    "select account_id, version, lines, what from ledger.replay_lines(:account_id, :version, :limit)"
)
REPLAYS = {
    "accounts": text("select relation, key, what from ledger.replay_accounts() limit :limit"),
    "open holds": text("select relation, key, what from ledger.replay_holds() limit :limit"),
    "reversals": text("select relation, key, what from ledger.replay_reversals() limit :limit"),
    "limits": text("select relation, key, what from ledger.replay_uses() limit :limit"),
}
LINKED = text("""
select count(*) = coalesce(max(b.number), :number) - :number
       and coalesce(bool_and(b.previous = coalesce(p.hash, :start)), true)
  from ledger.block b left join ledger.block p on p.number = b.number - 1 where b.number > :number""")
WAITING = text("""
select count(*) from ledger.outbox o
 where (o.xid, o.seq) > (coalesce((select xid from ledger.block order by number desc limit 1), 0)::text::xid8,
                         coalesce((select seq from ledger.block order by number desc limit 1), 0))
   and o.subject like 'ledger.entry_posted.%'""")
START = bytes(32)
"""What the first block follows."""


class Sealed(NamedTuple):
    """What one call has sealed. `not_whole` is the first entry that cannot be: rows of it are missing."""

    entries: int
    is_more: bool
    not_whole: UUID | None


class Again(NamedTuple):
    """A block, and the hash that its rows have now; None when one of them is missing."""

    number: int
    previous: bytes
    hash: bytes
    again: bytes | None
    entries: int


class Broken(NamedTuple):
    """A row that breaks the chain: table, key, how it is broken, and what differs if that can be told."""

    relation: str
    key: str
    how: str
    detail: str | None = None


class Head(NamedTuple):
    """A block by its number and hash."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The hash of a block, signed."""

    number: int
    hash: bytes
    signed_at: datetime
    key_id: str = ""
    signature: bytes = b""

    @property
    def message(self) -> bytes:
        """What is signed: each part on a line of its own."""
        at = self.signed_at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"capitalino.ledger.checkpoint.1\n{self.number}\n{self.hash.hex()}\n{at}\n".encode()


@asynccontextmanager
async def unhurried(db: Database) -> AsyncGenerator[Tx]:
    """A transaction for what reads everything: the time limit of a serving role is not for this."""
    async with db.begin() as tx:
        await tx.conn.execute(text("set local statement_timeout = 0"))
        yield tx


async def seal(tx: Tx, size: int, within_ms: int) -> Sealed:
    """Seal what waits in blocks of that size, as long as the time goes. Nothing while another one seals."""
    return Sealed(*(await tx.conn.execute(SEAL, {"size": size, "ms": within_ms})).one())


async def head(tx: Tx) -> Head | None:
    """The last block."""
    wanted = select(block.c.number, block.c.hash).order_by(block.c.number.desc()).limit(1)
    row = (await tx.conn.execute(wanted)).one_or_none()
    return Head(*row) if row else None


async def hashes(tx: Tx, numbers: Sequence[int]) -> dict[int, bytes]:
    """The hashes of these blocks, as far as they are there."""
    rows = await tx.conn.execute(select(block.c.number, block.c.hash).where(block.c.number.in_(numbers)))
    return {row.number: row.hash for row in rows}


async def is_linked(tx: Tx, since: int) -> bool:
    """Whether every block after that one follows the one before it."""
    return bool((await tx.conn.execute(LINKED, {"number": since, "start": START})).scalar_one())


async def keep(tx: Tx, one: Checkpoint) -> bool:
    """Keep a signature; False when that is not the block's hash, or the block has been signed before."""
    values = {
        "number": one.number,
        "hash": one.hash,
        "at": one.signed_at,
        "key": one.key_id,
        "signature": one.signature,
    }
    return bool((await tx.conn.execute(KEEP, values)).scalar_one())


async def last_checkpoint(tx: Tx) -> Checkpoint | None:
    """The newest one."""
    found = await checkpoints(tx, before=None, offset=0, limit=1)
    return found[0] if found else None


async def checkpoints(tx: Tx, *, before: int | None, offset: int, limit: int) -> list[Checkpoint]:
    """Checkpoints, newest first."""
    wanted = select(checkpoint).order_by(checkpoint.c.number.desc()).offset(offset).limit(limit)
    if before is not None:
        wanted = wanted.where(checkpoint.c.number < before)
    return [Checkpoint(*row) for row in await tx.conn.execute(wanted)]


async def checkpoints_after(tx: Tx, number: int, limit: int) -> list[Checkpoint]:
    """Checkpoints of later blocks, oldest first."""
    wanted = select(checkpoint).where(checkpoint.c.number > number).order_by(checkpoint.c.number).limit(limit)
    return [Checkpoint(*row) for row in await tx.conn.execute(wanted)]


async def count_checkpoints(tx: Tx) -> int:
    """How many there are."""
    found: int = (await tx.conn.execute(select(func.count()).select_from(checkpoint))).scalar_one()
    return found


async def waiting(tx: Tx) -> int:
    """How many entries are not sealed yet."""
    refused = (await tx.conn.execute(select(func.count()).select_from(unsealed_refusal))).scalar_one()
    return int((await tx.conn.execute(WAITING)).scalar_one()) + int(refused)


async def blocks_again(tx: Tx, first: int, last: int) -> list[Again]:
    """Blocks with the hashes that their rows have now."""
    return [Again(*row) for row in await tx.conn.execute(AGAIN, {"first": first, "last": last})]


async def first_broken(tx: Tx, number: int) -> Broken:
    """What broke this block."""
    return Broken(*(await tx.conn.execute(FIRST_BROKEN, {"number": number})).one())


async def outside_the_chain(tx: Tx, limit: int) -> list[Broken]:
    """Entries that are not in one block, then lines that are in none; so many of each."""
    found = [Broken(*row) for row in await tx.conn.execute(NOT_IN_ONE_BLOCK, {"limit": limit})]
    return found + [Broken(*row) for row in await tx.conn.execute(LINES_TOO_MANY, {"limit": limit})]


async def count_lines(tx: Tx) -> int:
    """How many lines there should be, by the versions of the accounts."""
    return int(
        (await tx.conn.execute(text("select coalesce(sum(version), 0) from ledger.account"))).scalar_one()
    )


async def replay_lines(tx: Tx, account_id: int, version: int, limit: int) -> Sequence[Any]:
    """A piece of the lines behind that one: those that differ, and the last one without a word."""
    values = {"account_id": account_id, "version": version, "limit": limit}
    return (await tx.conn.execute(REPLAY_LINES, values)).all()


async def replay(tx: Tx, what: str, limit: int) -> list[str]:
    """What differs of one of the `REPLAYS`."""
    rows = await tx.conn.execute(REPLAYS[what], {"limit": limit})
    return [f"{row.relation} {row.key}: {row.what}" for row in rows]
