"""Facts by hand: told again from the outbox, or handled again after they were parked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import typer

from capitalino.app.build import Running, build
from capitalino.app.catalog import chosen
from capitalino.kit.outbox import Relay
from capitalino.kit.parked import list_parked, retry_parked
from capitalino.kit.settings import Shared, load


def replay(source: str, first: int) -> None:
    """Tell the facts of a service again, from a position on. Those who have heard them skip them."""
    told = asyncio.run(_replay(source, first))
    typer.echo(f"{source}: told {told} facts again, from position {first} on.")


def retry(service: str, event: str | None) -> None:
    """Handle a service's parked events again, all or one."""
    through, stay = asyncio.run(_retry(service, event))
    typer.echo(f"{service}: {through} went through, {stay} stay parked.")
    raise typer.Exit(1 if stay else 0)


def parked(service: str) -> None:
    """Show a service's parked events."""
    for one in asyncio.run(_parked(service)):
        typer.echo(one)


async def _replay(source: str, first: int) -> int:
    async with _service(source) as one:
        assert one.database is not None, "a service that tells has a database"
        return await Relay(one.database, one.bus, one.parts.render).replay(first)


async def _retry(service: str, event: str | None) -> tuple[int, int]:
    async with _service(service) as one:
        assert one.database is not None, "a service that hears has a database"
        return await retry_parked(one.database, one.parts.consumers, event)


async def _parked(service: str) -> list[str]:
    async with _service(service) as one:
        assert one.database is not None, "a service that hears has a database"
        found = await list_parked(one.database)
    return [f"{row.event_id}  {row.source} {row.position}  {row.subject}  {row.error}" for row in found]


@asynccontextmanager
async def _service(name: str) -> AsyncGenerator[Running]:
    """One service, wired as its process wires it, with its connections open and nothing running."""
    (one,) = build(chosen([name]), load(Shared))
    try:
        await one.bus.open()
        yield one
    finally:
        await one.bus.close()
        await one.cache.aclose()
        if one.database is not None:
            await one.database.close()
