"""Orders go to the best of four exchanges, and to another one when that is away, slow, or speaks garbage."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Self

import pytest

from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.db import Database
from capitalino.services.payments.domain.payments import Conversion, State
from capitalino.services.payments.service.conversions import Order
from capitalino.services.payments.tables import schema
from capitalino.venues import port
from capitalino.venues.circuits import Group
from capitalino.venues.port import Again, Level, Never, Unknown
from tests.integration.payments.acts import HALF, ONE_BTC, Later, convert, executed, rows, until_final
from tests.integration.payments.killed import NAMES, RISING, SPLIT, venue_of
from tests.integration.payments.makers import Wired, payments
from tests.integration.payments.staff import close, open_again
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

PATIENT: dict[str, Any] = {**RISING, "book_within_s": 5.0}
"""A busy machine makes no book late."""
LARGE = Order(pair=("BTC", "EUR"), amount="4")
"""More than the first level of any book."""
ATTEMPTS = "select venue, state from payments.attempt order by attempt"


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


class Odd:
    """A venue of the sandbox of which some calls are the test's own."""

    def __init__(self, sandbox: Sandbox, name: str, **instead: Any) -> None:
        self._venue, self._instead = venue_of(sandbox.url, name), instead
        self.name = name

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._venue, name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._venue.__aexit__(None, None, None)


def raises(error: port.VenueTrouble) -> Any:
    """A call that ends so."""

    async def call(*_: Any, **_of: Any) -> Any:
        raise error

    return call


@asynccontextmanager
async def several(
    db: Database,
    sandbox: Sandbox,
    odd: Mapping[str, Any] | None = None,
    *,
    names: Sequence[str] = NAMES[:2],
    clock: Clock = SYSTEM,
    settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[Wired]:
    """Payments with some exchanges; what is odd about one is given by its name."""
    venues: list[Any] = [
        Odd(sandbox, name, **odd[name]) if odd and name in odd else venue_of(sandbox.url, name)
        for name in names
    ]
    first, *others = venues
    settings_of = {**PATIENT, **(settings or {})}
    async with payments(db, "", venue=first, others=others, settings_of=settings_of, clock=clock) as wired:
        yield wired


async def settled(wired: Wired, order: Order = HALF, name: str = "k1") -> Conversion:
    """Somebody's conversion, at its end."""
    investor = wired.investor(BTC=5 * ONE_BTC)
    begun = await convert(wired, investor, order, name)
    done = await until_final(wired, investor, begun.conversion_id)
    assert done.state is State.SETTLED
    return done


async def ordered(db: Database) -> list[tuple[str, str]]:
    """Each order's venue, and what became of it."""
    return [(row.venue, row.state) for row in await rows(db, ATTEMPTS)]


async def routing(db: Database, attempt: int = 1) -> Any:
    """Why an order went where it went."""
    ((found,),) = await rows(db, "select routing from payments.attempt where attempt = :n", n=attempt)
    return found


async def whys(db: Database, attempt: int = 1) -> dict[str, str | None]:
    """Of each venue, why it was not able."""
    return {one["venue"]: one.get("why") for one in (await routing(db, attempt))["venues"]}


async def dearer(sandbox: Sandbox, name: str, factor: str) -> dict[str, Any]:
    """A venue whose book is worse for who sells."""
    venue = venue_of(sandbox.url, name)

    async def book(pair: port.Pair, depth: int = 20) -> port.Book:
        async with venue:
            found = await venue.book(pair, depth)
        bids = tuple(Level(one.price * Decimal(factor), one.amount) for one in found.bids)
        return port.Book(pair, bids, found.asks, found.received_at)

    return {"book": book}


async def test_the_dearest_venue_is_not_taken_and_all_are_explained(db: Database, sandbox: Sandbox) -> None:
    async with several(
        db, sandbox, {"binance": await dearer(sandbox, "binance", "0.97")}, names=NAMES
    ) as wired:
        done = await settled(wired)
        case = await wired.desk.queue.conversion(done.conversion_id)
    ((venue, _),) = await ordered(db)
    assert venue != "binance"
    told = case.attempts[0].routing
    assert told is not None
    assert {one["venue"] for one in told["venues"]} == set(NAMES)
    scores = {one["venue"]: Decimal(one["score"]) for one in told["venues"]}
    assert scores[venue] == max(scores.values()) > scores["binance"]


@pytest.mark.parametrize("name", NAMES)
async def test_each_venue_executes_what_is_sent_to_it(db: Database, sandbox: Sandbox, name: str) -> None:
    others = {one: {"book": raises(Again("5xx", "away"))} for one in NAMES if one != name}
    async with several(db, sandbox, others, names=NAMES) as wired:
        await settled(wired)
        assert wired.book.balances[f"world:venue:{name}", "BTC"] == ONE_BTC // 2
        assert wired.book.total("EUR") == 0
    assert await ordered(db) == [(name, "filled")]
    assert len(await executed(db, sandbox)) == 1


SAYS_NO = {
    "away": Again("unreachable", "no connection could be made"),
    "throttled": Again("-1003", "too many", retry_after_s=30),
    "unwilling": Never("-2010", "not enough"),
}


@pytest.mark.parametrize("why", SAYS_NO)
async def test_an_order_that_is_refused_goes_to_another_venue_at_once(
    db: Database, sandbox: Sandbox, why: str
) -> None:
    async with several(db, sandbox, odd={"binance": {"place": raises(SAYS_NO[why])}}) as wired:
        await settled(wired)
    assert await ordered(db) == [("binance", "never"), ("kraken", "filled")]
    left_out = "left_alone" if why == "throttled" else "tried"
    assert (await whys(db, 2))["binance"] == left_out
    assert len(await executed(db, sandbox)) == 1


async def test_nothing_is_ordered_elsewhere_while_an_order_is_unknown(db: Database, sandbox: Sandbox) -> None:
    lost = raises(Unknown("timeout", "no answer"))
    clock = Later()
    async with several(db, sandbox, clock=clock, odd={"binance": {"place": lost, "look_up": lost}}) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        done = await convert(wired, investor)
        for _ in range(3):
            await wired.conversions._driver.drive(done.conversion_id)
        found = await wired.conversions.find(investor, done.conversion_id)
        assert found.state is State.UNKNOWN
        assert await ordered(db) == [("binance", "sent")]


async def test_a_venue_that_has_never_seen_its_order_is_not_asked_first_again(
    db: Database, sandbox: Sandbox
) -> None:
    clock = Later()
    clock.ahead_s = -16
    async with several(
        db, sandbox, clock=clock, odd={"binance": {"place": raises(Unknown("timeout", "lost"))}}
    ) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        done = await convert(wired, investor)
        assert await ordered(db) == [("binance", "sent")]
        clock.ahead_s = 0  # now the venue would refuse the old order
        await wired.conversions._driver.drive(done.conversion_id)
        assert (await wired.conversions.find(investor, done.conversion_id)).state is State.SETTLED
    assert await ordered(db) == [("binance", "never"), ("kraken", "filled")]


async def test_a_dead_venue_is_left_alone_and_nobody_waits_for_it(db: Database, sandbox: Sandbox) -> None:
    calls = 0

    async def dead(*_: Any) -> Any:
        nonlocal calls
        calls += 1
        raise Again("unreachable", "no connection could be made")

    async with several(
        db, sandbox, settings={"book_kept_s": 0}, odd={"binance": dict.fromkeys(("place", "book"), dead)}
    ) as w:
        for n in range(6):
            await settled(w, name=f"k{n}")
        circuit = next(
            one for one in w.desk.providers.venues["binance"].circuits.health() if one.group is Group.PRICES
        )
        assert (circuit.state.value, circuit.trouble) == ("open", "unreachable")
        before = calls
        await settled(w, name="last")
        assert calls == before, "not asked at all"
    assert {venue for venue, _ in await ordered(db)} == {"kraken"}


async def test_a_slow_book_is_not_waited_for(db: Database, sandbox: Sandbox) -> None:
    never = asyncio.Event()

    async def slow(*_: Any, **_of: Any) -> Any:
        await never.wait()

    async with several(
        db, sandbox, settings={"book_within_s": 0.05}, odd={"binance": {"book": slow}}
    ) as wired:
        await settled(wired)
        never.set()
    assert {venue for venue, _ in await ordered(db)} <= set(NAMES) - {"binance"}
    assert (await rows(db, "select routing from payments.attempt"))[-1].routing["venues"][-1]["why"] == "late"


async def test_a_venue_that_answers_garbage_is_left_out(db: Database, sandbox: Sandbox) -> None:
    garbage = raises(Again("garbage", "the answer is not the venue's"))
    async with several(
        db, sandbox, names=NAMES[:3], odd={"binance": {"book": garbage}, "kraken": {"instruments": garbage}}
    ) as wired:
        await settled(wired)
    assert (await whys(db))["binance"] == (await whys(db))["kraken"] == "garbage"
    assert (await ordered(db))[0][0] == "okx"


async def test_garbage_after_an_order_is_looked_up_and_never_sent_again(
    db: Database, sandbox: Sandbox
) -> None:
    await sandbox.fail("place", "garbage_200", executed=True, times=1)
    async with several(db, sandbox) as wired:
        await settled(wired)
    assert len(await ordered(db)) == 1
    assert len(await executed(db, sandbox)) == 1


async def test_a_venue_whose_orders_fail_is_taken_later(db: Database, sandbox: Sandbox) -> None:
    clock = Later()
    clock.ahead_s = -2
    async with several(
        db, sandbox, clock=clock, odd={"binance": {"place": raises(Never("-2010", "not enough"))}}
    ) as w:
        await settled(w, name="k1")
        clock.ahead_s = 0  # what is known of each venue is read again
        await settled(w, name="k2")
        told = {one["venue"]: one for one in (await rows(db, LAST))[0].routing["venues"]}
    assert await ordered_by_time(db) == [("binance", "never"), ("kraken", "filled"), ("kraken", "filled")]
    assert Decimal(told["binance"]["success"]) < Decimal(told["kraken"]["success"]) == 1


LAST = "select routing from payments.attempt order by sent_at desc limit 1"


async def ordered_by_time(db: Database) -> list[tuple[str, str]]:
    """Over several conversions."""
    found = await rows(db, "select venue, state from payments.attempt order by sent_at")
    return [tuple(one) for one in found]


async def test_a_closed_venue_gets_no_order_and_the_others_do(db: Database, sandbox: Sandbox) -> None:
    async with several(db, sandbox) as wired:
        closed = await close(wired, venue="binance", flow="conversion")
        await settled(wired, name="k1")
        await open_again(wired, closed)
        await settled(wired, name="k2")
    assert [venue for venue, _ in await ordered_by_time(db)] == ["kraken", "binance"]


async def test_nobody_able_gives_the_money_back_when_the_quote_has_ended(
    db: Database, sandbox: Sandbox
) -> None:
    clock, away = Later(), {"book": raises(Again("5xx", "away"))}
    async with several(db, sandbox, clock=clock, odd=dict.fromkeys(NAMES, away)) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        done = await convert(wired, investor)
        assert done.state is State.PENDING
        clock.ahead_s = 61
        await wired.conversions._driver.drive(done.conversion_id)
        done = await wired.conversions.find(investor, done.conversion_id)
        assert (done.state, done.reason) == (State.REFUSED, "payments.quote_expired")
        assert wired.book.of(investor, "BTC") == ONE_BTC
    assert await ordered(db) == []


async def test_what_no_venue_trades_is_refused(db: Database, sandbox: Sandbox) -> None:
    never = {"instruments": raises(Never("not_traded", "BTC/EUR is not traded there"))}
    async with several(db, sandbox, odd=dict.fromkeys(NAMES, never)) as wired:
        done = await convert(wired, wired.investor(BTC=ONE_BTC))
        assert (done.state, done.reason) == (State.REFUSED, "payments.venue_refused")


async def test_a_large_order_is_split_and_each_part_is_on_the_books(db: Database, sandbox: Sandbox) -> None:
    async with several(db, sandbox, settings=SPLIT) as wired:
        done = await settled(wired, LARGE)
        parts = {one.venue: one.base_units for one in done.fills}
        assert len(parts) == 2
        assert sum(parts.values()) == 4 * ONE_BTC
        for venue, units in parts.items():
            assert wired.book.balances[f"world:venue:{venue}", "BTC"] == units
        assert wired.book.total("EUR") == 0
        assert wired.book.of(done.investor_id, "EUR") == done.quote.priced.given.units
    first = await routing(db)
    assert [one["venue"] for one in first["parts"]] == list(parts)
    assert Decimal(first["saved"]) > 0


async def test_a_rest_that_nobody_takes_is_the_houses(db: Database, sandbox: Sandbox) -> None:
    """A part of it was executed: nothing is given back, the investor gets what the quote promised."""
    executed_ones: list[str] = []

    def only_first(name: str) -> Any:
        async def place(order: port.PlaceOrder) -> port.Order:
            if executed_ones:
                raise Never("-2010", "not enough")
            executed_ones.append(name)
            async with venue_of(sandbox.url, name) as venue:
                return await venue.place(order)

        return {"place": place}

    odd = {name: only_first(name) for name in NAMES}
    async with several(db, sandbox, settings=SPLIT, odd=odd) as wired:
        done = await settled(wired, LARGE)
        assert wired.book.of(done.investor_id, "EUR") == done.quote.priced.given.units
    assert [state for _, state in await ordered(db)] == ["filled", "never", "never", "never"]
    assert len(await executed(db, sandbox)) == 1
