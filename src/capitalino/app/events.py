"""Facts by hand: told again from the outbox, handled again after they were parked, a read model made anew."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import typer
from sqlalchemy import select

from capitalino.app.build import Running, build
from capitalino.app.catalog import chosen
from capitalino.app.stack.errors import CannotStart
from capitalino.kit.db import Database, Tx
from capitalino.kit.outbox import Relay
from capitalino.kit.parked import list_parked, retry_parked
from capitalino.kit.settings import Shared, load
from capitalino.services.analytics.store import forget_all

READ_MODELS: dict[str, Callable[[Tx], Awaitable[dict[str, int]]]] = {"analytics": forget_all}
"""Services whose every row follows from facts, and how they forget: with how far each source was heard."""
LOOK_S = 0.2


def replay(source: str, first: int) -> None:
    """Tell the facts of a service again, from a position on. Those who have heard them skip them."""
    told = asyncio.run(_replay(source, first))
    typer.echo(f"{source}: told {told} facts again, from position {first} on.")


def rebuild(service: str, stalled_s: float) -> None:
    """Empty a read model, and have the running services fill it again from the first fact on."""
    asyncio.run(_rebuild(service, stalled_s))


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
        return await Relay(one.database, one.bus).replay(first)


async def _rebuild(service: str, stalled_s: float) -> None:
    chosen([service])  # a name that there is not is refused as such
    if service not in READ_MODELS:
        known = ", ".join(READ_MODELS)
        raise CannotStart(f"{service} keeps what follows from no fact; what can be rebuilt: {known}.")
    async with _service(service) as one:
        assert one.database is not None, "a read model has a database"
        async with one.database.begin() as tx:
            heard = await READ_MODELS[service](tx)
        for source in heard:  # its feeds would notice by themselves, a few seconds later
            await one.bus.nc.publish(f"replay.{source}", b"1")
        await one.bus.nc.flush()
        typer.echo(f"{service}: emptied; {sum(heard.values())} facts are told again.")
        await _caught_up(one.database, heard, stalled_s)
    typer.echo(f"{service}: as far as it was.")


async def _caught_up(database: Database, heard: dict[str, int], stalled_s: float) -> None:
    """Wait until every source was heard as far as before; CannotStart once nothing comes any more."""
    inbox, left, moved_at = database.schema.kit.inbox, dict(heard), time.monotonic()
    while any(left.values()):
        async with database.read() as tx:
            rows = (await tx.conn.execute(select(inbox.c.source, inbox.c.position))).all()
        now = {row.source: max(heard.get(row.source, 0) - row.position, 0) for row in rows}
        if now != left:
            left, moved_at = now, time.monotonic()
        elif time.monotonic() - moved_at > stalled_s:
            missing = ", ".join(f"{count} of {source}" for source, count in sorted(left.items()) if count)
            raise CannotStart(f"Facts are still to be heard ({missing}): they are, once all services run.")
        await asyncio.sleep(LOOK_S)


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
