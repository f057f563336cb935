"""The audit logs by hand: are they what was written, their signed heads, and what was done to something."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
import typer

from capitalino.app.build import heads_of
from capitalino.app.by_hand import opened
from capitalino.app.catalog import chosen
from capitalino.app.proving import Progress, read_lines, unproved
from capitalino.kit.audit import ChainBroken
from capitalino.kit.audit.heads import Heads, Proved, SignedHead
from capitalino.kit.db import StorageUnavailable
from capitalino.kit.module import Module

SHOWN_MAX = 1000


def verify(service: str, kept: Path | None) -> None:
    """Verify the logs of these services. Exit code 1 when one is not what was written."""
    outside = read_lines(kept, _head, "capitalino audit heads") if kept else []
    found = asyncio.run(_verify(_logged(service), outside))
    for name, proved in found.items():
        if isinstance(proved, ChainBroken):
            typer.echo(f"The audit log of {name} is broken. Row {proved.seq}: {proved.why}.")
        else:
            typer.echo(f"The audit log of {name} holds: rows {proved.rows:,}, signed heads {proved.heads:,}.")
    if any(isinstance(proved, ChainBroken) for proved in found.values()):
        raise typer.Exit(1)


def heads(service: str, after: int) -> None:
    """Print the signed heads, oldest first, a line of JSON each. What is not signed yet is signed now."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the heads stand alone
    for one in asyncio.run(_heads(_logged(service), after)):
        typer.echo(_written(one))


def show(subject: str, service: str) -> None:
    """Print what was done to a subject, or by a principal, the newest first, a line of JSON each."""
    for line in asyncio.run(_show(_logged(service), subject)):
        typer.echo(line)


async def _verify(modules: Sequence[Module], kept: Sequence[SignedHead]) -> dict[str, Proved | ChainBroken]:
    found: dict[str, Proved | ChainBroken] = {}
    tell = Progress()
    for module in modules:
        async with _log_of(module) as log:
            try:
                found[module.name] = await log.prove(kept, tell)
            except ChainBroken as broken:
                found[module.name] = broken
    return found


async def _heads(modules: Sequence[Module], after: int) -> list[SignedHead]:
    found: list[SignedHead] = []
    for module in modules:
        async with _log_of(module) as log:
            await log.sign()
            found += await log.kept(after)
    return found


async def _show(modules: Sequence[Module], subject: str) -> list[str]:
    rows: list[tuple[datetime, str]] = []
    for module in modules:
        async with _log_of(module) as log:
            for row in await log.about(subject, SHOWN_MAX):
                fields = {
                    "at": row.at.isoformat(),
                    "service": module.name,
                    "row": row.seq,
                    "by": row.principal,
                }
                fields |= {"action": row.action, "subject": row.subject, "details": json.loads(row.details)}
                rows.append((row.at, json.dumps(fields, ensure_ascii=False)))
    return [line for _, line in sorted(rows, reverse=True)]


def _logged(service: str) -> list[Module]:
    """Those of the services that keep a log."""
    return [module for module in chosen([service]) if module.schema is not None]


@asynccontextmanager
async def _log_of(module: Module) -> AsyncGenerator[Heads]:
    """A service's log, with nothing running."""
    async with opened(module.name) as given:
        try:
            yield heads_of(given)
        except StorageUnavailable as away:
            raise unproved(f"the audit log of {module.name} cannot be read: {away}") from away


def _written(one: SignedHead) -> str:
    fields = {
        "service": one.service,
        "seq": one.seq,
        "hash": one.hash.hex(),
        "signed_at": one.signed_at.isoformat(),
        "key_id": one.key_id,
        "signature": one.signature.hex(),
    }
    return json.dumps(fields)


def _head(fields: dict[str, Any]) -> SignedHead:
    return SignedHead(
        str(fields["service"]),
        int(fields["seq"]),
        bytes.fromhex(fields["hash"]),
        datetime.fromisoformat(fields["signed_at"]),
        str(fields["key_id"]),
        bytes.fromhex(fields["signature"]),
    )
