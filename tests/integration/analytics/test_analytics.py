"""From facts to figures: every day, every cent, in whatever order the facts come."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from capitalino.contracts.payments.events import ConversionSettled
from capitalino.contracts.users.events import ProfileChanged
from capitalino.money import ASSETS, Money
from tests.integration.analytics.conftest import (
    BTC,
    World,
    at,
    closed,
    conversion,
    deposit,
    entry,
    midnight,
)
from tests.support.clock import NOON

EUR = ASSETS["EUR"]


def eur(units: int) -> Money:
    return Money(units, EUR)


async def test_what_is_held_is_worth_the_live_price(world: World) -> None:
    anna = uuid4()
    await world.tell(deposit(anna, "BTC", BTC // 2), deposit(anna, "EUR", 10_000), closed(19, 40_000))
    await world.price("50000", change="0.25")
    found = await world.analytics.dashboard(anna)
    assert found.worth.value == eur(2_510_000)
    assert found.worth.change == (eur(500_000), Decimal("0.248756"))
    assert [(one.money.amount, one.price) for one in found.worth.holdings] == [
        ("0.50000000", Decimal(50_000)),
        ("100.00", Decimal(1)),
    ]
    assert found.worth.as_of == NOON


async def test_a_live_price_that_grew_old_gives_way_to_the_last_close(world: World) -> None:
    anna = uuid4()
    await world.tell(deposit(anna, "BTC", BTC), closed(18, 40_000), closed(19, 44_000))
    await world.price("50000")
    world.clock.advance(31)
    found = await world.analytics.dashboard(anna)
    assert found.worth.value == eur(4_400_000)
    assert found.worth.change == (eur(400_000), Decimal("0.1"))
    assert found.worth.as_of == midnight(20)


async def test_an_unknown_price_is_said_and_is_not_nothing(world: World) -> None:
    anna = uuid4()
    await world.tell(deposit(anna, "IRR", 100), deposit(anna, "EUR", 100))
    found = await world.analytics.dashboard(anna)
    assert (found.worth.value, found.worth.change, found.invested) == (None, None, None)
    assert [one.value for one in found.worth.holdings] == [eur(100), None]


async def test_who_has_nothing_sees_nothing(world: World) -> None:
    found = await world.analytics.dashboard(uuid4())
    assert (found.worth.value, found.invested, found.worth.holdings) == (eur(0), eur(0), [])


async def test_an_entry_counts_on_the_day_on_which_it_takes_effect(world: World) -> None:
    anna = uuid4()
    await world.tell(closed(10, 40_000), closed(12, 42_000))
    await world.tell(deposit(anna, "BTC", BTC, at(12)), deposit(anna, "BTC", BTC, at(10)))
    points = await world.analytics.value_history(anna, "all")
    assert [(point.on.day, point.value.units // 100) for point in points][:4] == [
        (10, 40_000),
        (11, 40_000),
        (12, 84_000),
        (13, 84_000),
    ]
    assert points[-1].on == date(2026, 3, 20)
    assert points[-1].invested == eur(8_200_000)


async def test_the_last_day_is_as_it_is_now(world: World) -> None:
    anna = uuid4()
    await world.tell(closed(10, 40_000), deposit(anna, "BTC", BTC, at(10)))
    await world.price("60000")
    points = await world.analytics.value_history(anna, "1m")
    assert [point.value for point in points[-2:]] == [eur(4_000_000), eur(6_000_000)]


async def test_a_range_ends_where_it_says(world: World) -> None:
    anna = uuid4()
    await world.tell(deposit(anna, "EUR", 100, at(1)))
    world.clock.advance(60 * 86_400)
    assert len(await world.analytics.value_history(anna, "1m")) == 32
    assert len(await world.analytics.value_history(anna, "3m")) == 80


async def test_a_later_version_of_a_close_corrects_an_earlier_one_and_not_the_other_way(world: World) -> None:
    anna = uuid4()
    await world.tell(deposit(anna, "BTC", BTC), closed(19, 40_000, version=1), closed(19, 41_000, version=3))
    await world.tell(closed(19, 39_000, version=2))
    assert (await world.analytics.dashboard(anna)).worth.value == eur(4_100_000)


async def test_a_conversion_is_one_movement_whoever_tells_it_first(world: World) -> None:
    anna, bob = uuid4(), uuid4()
    for who, ledger_first in ((anna, True), (bob, False)):
        conversion_id = uuid4()
        booked = conversion(who, BTC, 4_000_000, at(15), conversion_id=conversion_id)
        told = ConversionSettled(
            conversion_id=conversion_id,
            investor_id=who,
            from_asset="BTC",
            from_units=BTC,
            to_asset="EUR",
            to_units=4_000_000,
            fee_units=250,
            rate=Decimal(40_002),
        )
        await world.tell(*((booked, told) if ledger_first else (told, booked)))
        (movement,), _ = await world.analytics.movements(who, before=None, offset=0, limit=10)
        assert (movement.kind, movement.at, movement.movement_id) == ("conversion", at(15), conversion_id)
        assert (movement.left, movement.came, movement.fee) == (
            ("BTC", BTC),
            ("EUR", 4_000_000),
            ("EUR", 250),
        )


async def test_what_only_the_ledger_tells_is_a_movement_too(world: World) -> None:
    anna = uuid4()
    await world.tell(conversion(anna, BTC, 4_000_000, at(15)))
    (movement,), _ = await world.analytics.movements(anna, before=None, offset=0, limit=10)
    assert (movement.left, movement.came, movement.fee) == (("BTC", BTC), ("EUR", 4_000_000), ("EUR", 100))


async def test_a_conversion_changes_nothing_of_what_was_paid_in(world: World) -> None:
    anna = uuid4()
    await world.tell(closed(10, 40_000), deposit(anna, "BTC", BTC, at(10)), conversion(anna, BTC, 3_000_000))
    found = await world.analytics.dashboard(anna)
    assert (found.worth.value, found.invested) == (eur(3_000_000), eur(4_000_000))


async def test_movements_come_in_pages_newest_first(world: World) -> None:
    anna = uuid4()
    await world.tell(
        *(deposit(anna, "EUR", day, at(day)) for day in (3, 1, 2, 5, 4)), deposit(uuid4(), "EUR", 9)
    )
    first, last = await world.analytics.movements(anna, before=None, offset=0, limit=3)
    assert last is not None
    rest, end = await world.analytics.movements(anna, before=(last.at, last.movement_id), offset=0, limit=3)
    assert [one.came for one in first + rest] == [("EUR", day) for day in (5, 4, 3, 2, 1)]
    assert end is None


async def test_a_hold_moves_nothing(world: World) -> None:
    anna = uuid4()
    await world.tell(entry("conversion.hold", NOON, (f"investor:{anna}:cash", "EUR", 0)))
    assert await world.analytics.movements(anna, before=None, offset=0, limit=10) == ([], None)


async def test_values_are_shown_in_the_asset_that_the_investor_chose(world: World) -> None:
    anna = uuid4()

    await world.tell(deposit(anna, "BTC", BTC), closed(19, 40_000), closed(19, 2, base="GBP"))
    await world.tell(profile(anna, 2, base_asset="GBP"), profile(anna, 1, base_asset="USD"))
    found = await world.analytics.dashboard(anna)
    assert found.worth.value == Money(2_000_000, ASSETS["GBP"])


def profile(investor_id: UUID, version: int = 1, **different: str) -> ProfileChanged:
    values = {"language": "en", "base_asset": "EUR", "time_zone": "UTC"} | different
    return ProfileChanged(user_id=uuid4(), investor_id=investor_id, version=version, **values)  # type: ignore[arg-type]


async def test_today_is_the_investors_own_where_the_book_is_a_day_ahead(world: World) -> None:
    anna = uuid4()
    world.clock.set(datetime(2026, 3, 20, 2, tzinfo=UTC))  # ten in the evening of the 19th, in New York
    await world.tell(profile(anna, time_zone="America/New_York"), closed(18, 30_000), closed(19, 40_000))
    await world.tell(deposit(anna, "BTC", BTC, at(18)), deposit(anna, "BTC", BTC, midnight(20)))
    await world.price("50000")
    points = await world.analytics.value_history(anna, "all")
    assert [(point.on.day, point.value) for point in points] == [(18, eur(3_000_000)), (19, eur(10_000_000))]
    assert points[-1].invested == eur(8_000_000)


async def test_today_is_the_investors_own_where_it_is_a_day_ahead_of_the_book(world: World) -> None:
    anna = uuid4()
    world.clock.set(datetime(2026, 3, 20, 21, tzinfo=UTC))  # half past midnight of the 21st, in Tehran
    await world.tell(profile(anna, time_zone="Asia/Tehran"), closed(19, 40_000))
    await world.tell(deposit(anna, "BTC", BTC, at(19)))
    await world.price("50000")
    points = await world.analytics.value_history(anna, "all")
    assert [(point.on.day, point.value.units // 100) for point in points] == [
        (19, 40_000),
        (20, 50_000),
        (21, 50_000),
    ]
    world.clock.set(datetime(2026, 3, 20, 20, tzinfo=UTC))  # half an hour before midnight there
    assert (await world.analytics.value_history(anna, "all"))[-1].on == date(2026, 3, 20)


async def test_what_the_market_says_wrongly_is_let_go(world: World) -> None:
    await world.ticks.hear(
        "market.price.BTC.EUR", {"instrument": "BTC/EUR", "mid": "NaN", "at": "2026-03-20"}
    )
    await world.ticks.hear("market.price.BTC.EUR", {"instrument": "BTC"})
    assert world.ticks.fresh() == {}
