"""The book by hand: is it still what was written, what do the entries make of it, and its signed heads."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from capitalino.app.by_hand import opened
from capitalino.app.proving import Progress, read_lines, unproved
from capitalino.kit.db import StorageUnavailable
from capitalino.kit.module import Given
from capitalino.kit.pages import LIMIT_MAX, Page
from capitalino.services.ledger.service.chain import Chain
from capitalino.services.ledger.service.proof import ENOUGH, BookBroken, Proof, Verified
from capitalino.services.ledger.settings import LedgerSettings
from capitalino.services.ledger.store.chain import Checkpoint

SHOWN_MAX = 20


def verify(first: int, kept: Path | None) -> None:
    """Verify the chain and the books. Exit code 1 when they are not what was written."""
    try:
        found = asyncio.run(_verify(first, _read(kept) if kept else []))
    except BookBroken as broken:
        typer.echo(f"The book is broken. {broken}")
        raise typer.Exit(1) from None
    begin = "The chain holds" if first == 1 else f"From block {first} on the chain holds"
    typer.echo(
        f"{begin}: blocks {found.blocks:,}, entries {found.entries:,}, checkpoints {found.checkpoints:,}; "
        f"waiting to be sealed {found.waiting:,}. The books agree."
    )


def replay() -> None:
    """Rebuild the balances from the entries. Exit code 1 when they are kept otherwise."""
    found = asyncio.run(_replay())
    for line in found[:SHOWN_MAX]:
        typer.echo(line)
    if len(found) > SHOWN_MAX:
        typer.echo(f"… and {'many' if len(found) >= ENOUGH else len(found) - SHOWN_MAX} more.")
    if found:
        typer.echo("The balances are not what the entries make them.")
        raise typer.Exit(1)
    typer.echo("The balances are what the entries make them.")


def checkpoints(after: int) -> None:
    """Print the checkpoints of later blocks, oldest first, a line of JSON each."""
    for line in asyncio.run(_checkpoints(after)):
        typer.echo(line)


async def _verify(first: int, kept: list[Checkpoint]) -> Verified:
    async with _ledger() as given:
        return await _proof(given).verify(first=first, kept=kept, tell=Progress())


async def _replay() -> list[str]:
    async with _ledger() as given:
        return await _proof(given).replay(Progress())


async def _checkpoints(after: int) -> list[str]:
    found: list[str] = []
    async with _ledger() as given:
        chain, before = _chain(given), None
        while True:
            shown, before, _ = await chain.checkpoints(
                Page(LIMIT_MAX, None if before is None else str(before))
            )
            for one in (one for one in shown if one.number > after):
                key = chain.public_key(one.key_id)
                found.append(_written(one, key.hex() if key else None))
            if before is None or before <= after:
                return found[::-1]


@asynccontextmanager
async def _ledger() -> AsyncGenerator[Given]:
    """The ledger's database and keys, with nothing running."""
    async with opened("ledger") as given:
        try:
            yield given
        except StorageUnavailable as away:
            raise unproved(f"the book cannot be read: {away}") from away


def _chain(given: Given) -> Chain:
    return Chain.of(given.db, given.settings_as(LedgerSettings), given.shared.mode, given.clock)


def _proof(given: Given) -> Proof:
    return Proof.of(given.db, given.settings_as(LedgerSettings), given.shared.mode)


def _written(one: Checkpoint, public_key: str | None) -> str:
    fields = {
        "number": one.number,
        "hash": one.hash.hex(),
        "signed_at": one.signed_at.isoformat(),
        "key_id": one.key_id,
        "public_key": public_key,
        "signature": one.signature.hex(),
    }
    return json.dumps(fields)


def _read(path: Path) -> list[Checkpoint]:
    return read_lines(path, _checkpoint, "capitalino ledger checkpoints")


def _checkpoint(fields: dict[str, Any]) -> Checkpoint:
    return Checkpoint(
        int(fields["number"]),
        bytes.fromhex(fields["hash"]),
        datetime.fromisoformat(fields["signed_at"]),
        str(fields["key_id"]),
        bytes.fromhex(fields["signature"]),
    )
