"""Whatever comes back from an exchange, an order is sent once, and what it did is found and booked."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from capitalino.kit.db import Database
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.tables import schema
from capitalino.venues import port
from capitalino.venues.port import OrderState
from tests.integration.payments.acts import (
    HALF,
    ONE_BTC,
    Around,
    change,
    convert,
    executed,
    key,
    rows,
    until_final,
)
from tests.integration.payments.makers import payments
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

AFTER_IT_WAS_EXECUTED: dict[str, dict[str, Any]] = {
    "dropped": {"fault": "executed_then_dropped"},
    "timed out": {"fault": "hang", "executed": True},
    "504": {"fault": "5xx", "status": 504, "executed": True},
    "503": {"fault": "5xx", "status": 503, "executed": True},
    "HTML": {"fault": "garbage_200", "executed": True},
    "empty": {"fault": "garbage_200", "body": "", "executed": True},
    "null": {"fault": "garbage_200", "body": "null", "executed": True},
    "cut": {"fault": "garbage_200", "body": '{"symbol":"BTCEUR","orderId":', "executed": True},
}


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


@pytest.mark.parametrize("answer", AFTER_IT_WAS_EXECUTED)
async def test_an_executed_order_is_found_whatever_was_answered(
    db: Database, sandbox: Sandbox, answer: str
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("place", times=1, **AFTER_IT_WAS_EXECUTED[answer])
        begun = await convert(wired, investor)
        done = await until_final(wired, investor, begun.conversion_id)
        assert done.state is State.SETTLED
        assert wired.book.of(investor, "EUR") == done.quote.priced.given.units
        assert wired.book.balances["world:venue:binance", "BTC"] == ONE_BTC // 2
    assert await rows(db, "select attempt, state from payments.attempt") == [(1, "filled")]
    assert len(await executed(db, sandbox)) == 1


async def test_a_task_that_is_cancelled_while_it_orders_leaves_its_order_to_be_found(
    db: Database, sandbox: Sandbox
) -> None:
    venue, sent = Around.of(sandbox), asyncio.Event()

    async def hang(*_: Any) -> None:
        sent.set()
        await asyncio.Event().wait()

    venue.after = hang
    async with payments(db, sandbox.venue_url, venue=venue) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        driving = asyncio.create_task(wired.conversions._driver.drive(conversion_id))
        await sent.wait()
        driving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await driving
        assert await rows(db, "select attempt, state from payments.attempt") == [(1, "sent")]
        await change(db, "update payments.conversion set due_at = now()")
        assert (await until_final(wired, investor, conversion_id)).state is State.SETTLED
    assert len(await executed(db, sandbox)) == 1


async def test_what_an_exchange_fills_in_part_is_booked_so_and_the_rest_is_the_houses(
    db: Database, sandbox: Sandbox
) -> None:
    venue = Around.of(sandbox)

    async def in_part(order: port.PlaceOrder) -> port.Order:
        whole: port.Order = await venue._venue.place(order)
        half = tuple(replace(fill, amount=fill.amount / 2, fee=Decimal(0)) for fill in whole.fills)
        return replace(
            whole, state=OrderState.CANCELLED, filled=whole.filled / 2, cost=whole.cost / 2, fills=half
        )

    venue.instead = {"place": in_part}
    async with payments(db, sandbox.venue_url, venue=venue) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        begun = await convert(wired, investor)
        done = await until_final(wired, investor, begun.conversion_id)
        assert done.state is State.SETTLED
        assert wired.book.of(investor, "EUR") == done.quote.priced.given.units
        assert wired.book.balances["world:venue:binance", "BTC"] == ONE_BTC // 4
        assert wired.book.balances["liquidity:conversion", "BTC"] == ONE_BTC // 4
    assert await rows(db, "select attempt, state from payments.attempt") == [(1, "filled")]


@pytest.mark.parametrize("status", [403, 451])
async def test_who_is_shut_out_is_not_asked_again(db: Database, sandbox: Sandbox, status: int) -> None:
    """The edge of an exchange refuses us: each attempt is one request, and then the money goes back."""
    refused = port.Never(str(status), "refused at the edge")
    calls = 0

    async def shut_out(_: Any) -> Any:
        nonlocal calls
        calls += 1
        raise refused

    async with payments(db, sandbox.venue_url, venue=Around.of(sandbox, place=shut_out)) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        begun = await convert(wired, investor)
        done = await until_final(wired, investor, begun.conversion_id)
        assert (done.state, done.reason) == (State.REFUSED, "payments.venue_unavailable")
        assert wired.book.of(investor, "BTC") == ONE_BTC
    assert calls == len(await rows(db, "select attempt from payments.attempt")) == 3
