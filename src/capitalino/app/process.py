"""One process: any subset of the catalogue. All of it is the all-in-one, one of it is a microservice."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import structlog
import uvloop
from nats.aio.msg import Msg
from sqlalchemy import text

from capitalino.app.build import Running, application, build
from capitalino.app.catalog import chosen
from capitalino.app.safety import refuse_unsafe
from capitalino.app.stack.errors import CannotStart
from capitalino.kit import answering, health, logging, migrations
from capitalino.kit.audit import heads
from capitalino.kit.auth import Identify
from capitalino.kit.auth.quotas import Quotas
from capitalino.kit.edge import Edge
from capitalino.kit.inbox import Feed
from capitalino.kit.keys import PublicKeys
from capitalino.kit.limits import Limits
from capitalino.kit.loops import Loop, supervise
from capitalino.kit.outbox import Relay
from capitalino.kit.server import serve_http
from capitalino.kit.settings import Shared, load

log = structlog.get_logger()
PREPARE_EVERY_S = 6 * 3600
STOP_S = 5.0
GC_THRESHOLD = (50_000, 20, 100)
"""Nothing on the hot paths makes cycles: looking for them took a seventh of a busy process."""
LEAVE_S = 0.5
"""Between saying at /readyz that we stop and stopping: whoever sends us requests has seen it by then."""


class NotReady(CannotStart):
    """The process cannot serve as things are; the text says what to do."""


def serve(names: Iterable[str], *, host: str, port: int, live_port: int) -> None:
    """Run these services until SIGTERM or SIGINT."""
    uvloop.run(_serve(chosen(names), host, port, live_port))


async def _serve(modules: Sequence[Any], host: str, port: int, live_port: int) -> None:
    shared = load(Shared)
    logging.configure(
        service=",".join(module.name for module in modules), level=shared.log_level, style=shared.log_format
    )
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    refuse_unsafe(modules, shared)
    running = build(modules, shared)
    identify = Identify(PublicKeys(shared.jwks_url), running[0].cache)
    vital = health.Health(_checks(running))
    app = application(running)
    app.include_router(health.routes(vital), include_in_schema=False)
    quotas = Quotas.of(Limits(running[0].cache, running[0].module.name), shared)
    edge = Edge(app, identify, show_stack=shared.mode == "development", quotas=quotas)
    async with AsyncExitStack() as opened:
        loops = await _open(running, opened)
        tasks = [asyncio.create_task(supervise(loop, one.database), name=loop.name) for one, loop in loops]
        tasks += [
            asyncio.create_task(one.parts.sockets.serve(host, live_port), name=f"{one.module.name}-sockets")
            for one in running
            if one.parts.sockets is not None
        ]
        tasks.append(asyncio.create_task(serve_http(edge, host, port), name="http"))
        gc.collect()
        gc.freeze()  # what was loaded stays: full collections no longer walk through it
        gc.set_threshold(*GC_THRESHOLD)
        log.info("process.started", port=port)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        vital.is_stopping = True
        if stop.is_set():
            await asyncio.sleep(LEAVE_S)
        await _end([stopping, *tasks])
    log.info("process.stopped")


def _checks(running: Sequence[Running]) -> dict[str, health.Check]:
    """What each service needs, by name."""
    checks: dict[str, health.Check] = {}
    for one in running:
        name = one.module.name
        checks[f"{name}.bus"] = health.bus_answers(one.bus)
        checks[f"{name}.cache"] = health.cache_answers(one.cache)
        if one.database is not None:
            checks[f"{name}.database"] = health.database_answers(one.database)
    return checks


async def _open(running: Sequence[Running], opened: AsyncExitStack) -> list[tuple[Running, Loop]]:
    """Open connections and resources, answer peers; the loops that are to run."""
    loops: list[tuple[Running, Loop]] = []
    for one in running:
        if one.database is not None:
            opened.push_async_callback(one.database.close)
            await _check_schema(one)
        await one.bus.open()
        opened.push_async_callback(one.bus.close)
        opened.push_async_callback(one.cache.aclose)
        for resource in one.parts.resources:
            await opened.enter_async_context(resource())
        for protocol, target in one.parts.apis.items():
            for taken in await answering.serve(protocol, target, one.bus):
                opened.push_async_callback(taken.unsubscribe)  # stop: first nobody is sent here any more
        if one.database is not None:
            loops += [(one, loop) for loop in await _facts(one)]
        if one.heads is not None:
            loops.append(
                (one, Loop(f"{one.module.name}-audit-heads", heads.EVERY_S, one.heads.sign, lease=True))
            )
        loops += [(one, loop) for loop in one.parts.loops]
    return loops


async def _check_schema(one: Running) -> None:
    assert one.database is not None
    schema = one.database.schema
    there, wanted = await migrations.current(one.database.engine, schema), migrations.head(schema)
    if there != wanted:
        raise NotReady(
            f"The schema {schema.name} is at {there}, this code wants {wanted}: run `capitalino migrate`."
        )


async def _facts(one: Running) -> list[Loop]:
    """The loops that carry facts: the relay of what it tells, and a feed for each source that it hears."""
    assert one.database is not None
    db, name = one.database, one.module.name
    relay = Relay(db, one.bus)

    async def asked(msg: Msg) -> None:
        await relay.replay(int(msg.data))

    async def prepare() -> None:
        async with db.begin() as tx:
            await tx.conn.execute(text(f"select {name}.outbox_prepare()"))

    await one.bus.nc.subscribe(f"replay.{name}", queue=name, cb=asked)
    loops = [
        Loop(f"{name}-relay", 0, _once_before(relay.catch_up, relay.round)),
        Loop(f"{name}-outbox-days", PREPARE_EVERY_S, prepare),
    ]
    sources: dict[str, list[Any]] = {}
    for consumer in one.parts.consumers:
        sources.setdefault(consumer.source, []).append(consumer)
    for source, consumers in sources.items():
        feed = Feed(db, one.bus, source, consumers)
        loops.append(Loop(f"{name}-hears-{source}", 0, feed.round, lease=True))
    return loops


def _once_before(
    first: Callable[[], Awaitable[Any]], then: Callable[[], Awaitable[Any]]
) -> Callable[[], Awaitable[Any]]:
    is_done = False

    async def round_() -> None:
        nonlocal is_done
        if not is_done:
            await first()
            is_done = True
        await then()

    return round_


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Stop everything; a task that ended by itself is a fault and is raised."""
    broken = [task for task in tasks if task.done() and not task.cancelled() and task.exception()]
    for task in tasks:
        task.cancel()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), STOP_S)
    for task in broken:
        log.error("process.broken", task=task.get_name(), exc_info=task.exception())
    if broken:
        raise NotReady(f"{broken[0].get_name()} ended: {broken[0].exception()}")
