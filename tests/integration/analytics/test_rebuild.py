"""`capitalino events rebuild analytics`: thrown away and filled again while it works, to the same figures."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text

from capitalino.app import events
from capitalino.app.stack.errors import CannotStart
from capitalino.contracts.payments.events import DepositSettled
from capitalino.kit.consumer import Consumer
from capitalino.kit.parked import retry_parked
from capitalino.services.analytics import store
from capitalino.services.analytics.consumers import consumers
from capitalino.services.analytics.tables import position, schema
from tests.integration.analytics.conftest import BTC, World, at, closed, conversion, deposit
from tests.support.database import FreshDatabase, Opener

STALLED_S = 20.0


@pytest.fixture(autouse=True)
def _servers(
    monkeypatch: pytest.MonkeyPatch, fresh_database: FreshDatabase, nats_url: str, valkey_url: str
) -> None:
    """The settings of analytics, as a stack tells them."""
    monkeypatch.setenv("CAPITALINO_ANALYTICS_DATABASE_URL", fresh_database.url("analytics_app"))
    monkeypatch.setenv("CAPITALINO_ANALYTICS_NATS_URL", nats_url)
    monkeypatch.setenv("CAPITALINO_ANALYTICS_VALKEY_URL", valkey_url)


async def rebuild(service: str = "analytics", stalled_s: float = STALLED_S) -> None:
    """The command, which runs an event loop of its own."""
    await asyncio.to_thread(events.rebuild, service, stalled_s)


async def figures(world: World, investor_id: UUID) -> list[Any]:
    """Everything that analytics says of somebody."""
    return [
        await world.analytics.dashboard(investor_id),
        await world.analytics.value_history(investor_id, "all"),
        await world.analytics.movements(investor_id, before=None, offset=0, limit=100),
    ]


async def test_a_rebuild_ends_in_the_same_figures(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    anna, deposit_id = uuid4(), uuid4()
    told = DepositSettled(deposit_id=deposit_id, investor_id=anna, asset="BTC", units=BTC, rail="sandbox")
    await world.tell(closed(10, 40_000), closed(15, 45_000), told)
    await world.tell(
        deposit(anna, "BTC", BTC, at(10), deposit_id=deposit_id), conversion(anna, BTC // 4, 1_000_000)
    )
    before = await figures(world, anna)
    async with world.db.begin() as tx:  # what has gone wrong in it, however it did
        await tx.conn.execute(text("update analytics.position set units = units * 2"))
        await tx.conn.execute(text("delete from analytics.movement"))
    assert await figures(world, anna) != before
    await rebuild()
    assert await figures(world, anna) == before
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("analytics: ")]
    assert said == ["analytics: emptied; 5 facts are told again.", "analytics: as far as it was."]


async def test_what_is_told_meanwhile_counts_once_too(world: World) -> None:
    anna = uuid4()
    await world.tell(*(deposit(anna, "EUR", 1) for _ in range(20)))

    async def tell_on() -> None:
        for _ in range(20):
            await world.tell(deposit(anna, "EUR", 1))

    await asyncio.gather(tell_on(), rebuild())
    ((asset, units),) = [
        (one.money.asset.code, one.money.units)
        for one in (await world.analytics.dashboard(anna)).worth.holdings
    ]
    assert (asset, units) == ("EUR", 40)
    assert len((await world.analytics.movements(anna, before=None, offset=0, limit=100))[0]) == 40


async def test_a_parked_event_that_is_just_tried_again_does_not_count_twice(world: World) -> None:
    event = deposit(uuid4(), "EUR", 1)
    row = {"source": "ledger", "position": 1, "event_id": event.event_id, "subject": event.subject}
    row |= {"payload": event.model_dump_json(), "error": "", "tries": 5}
    async with world.db.begin() as tx:
        await tx.conn.execute(insert(schema.kit.parked).values(row))
    is_written, may_end = asyncio.Event(), asyncio.Event()
    (keep_entry, *_) = consumers(world.analytics)

    async def slowly(tx: Any, heard: Any) -> None:
        await keep_entry.handle(tx, heard)
        is_written.set()
        await may_end.wait()

    async def forget() -> None:
        async with world.db.begin() as tx:
            await store.forget_all(tx)

    slow = Consumer(keep_entry.event, slowly)
    retrying = asyncio.ensure_future(retry_parked(world.db, [slow]))
    await is_written.wait()
    forgetting = asyncio.ensure_future(forget())
    await asyncio.wait((forgetting,), timeout=0.3)
    may_end.set()
    assert await retrying == (1, 0)
    await forgetting
    async with world.db.read() as tx:
        assert (await tx.conn.execute(select(position))).all() == [], "its source tells it again"


async def test_where_nobody_hears_it_says_what_is_missing(database: Opener) -> None:
    db = await database(schema)
    async with db.begin() as tx:
        rows = [{"source": "ledger", "position": 7}, {"source": "users", "position": 0}]
        await tx.conn.execute(insert(schema.kit.inbox).values(rows))
    with pytest.raises(CannotStart, match=r"\(7 of ledger\).* once all services run"):
        await rebuild(stalled_s=0.3)


async def test_what_follows_from_no_fact_is_not_thrown_away() -> None:
    with pytest.raises(CannotStart, match=r"notifications keeps .* can be rebuilt: analytics"):
        await rebuild("notifications")
