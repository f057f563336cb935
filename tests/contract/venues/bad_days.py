"""What every venue promises on a bad day; part of the behaviour of every venue."""

import asyncio
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from capitalino.kit.ids import new_id
from capitalino.venues import WholeVenue
from capitalino.venues.guarded import Guarded
from capitalino.venues.port import Again, Never, OrderState, Pair, PlaceOrder, Side, Unknown
from tests.support.sandbox import Sandbox

BTC = Pair("BTC", "EUR")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
VENUES = {"binance", "coinbase", "kraken", "okx"}


def sale(amount: str = "0.01") -> PlaceOrder:
    """A market order under a fresh id."""
    return PlaceOrder(new_id().hex, BTC, Side.SELL, Decimal(amount), datetime.now(UTC))


class BadDaysBehaviour:
    """Inherited with all the rest; each venue says here what it does otherwise."""

    throttled_code = ""
    """How it calls it that it was asked too often."""
    tells_times = True
    """Whether its prices say of when they are; otherwise only its stream does."""

    async def test_it_says_in_its_own_words_that_it_was_asked_too_often(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        await sandbox.fail("balances", "429", retry_after_s=3)
        with pytest.raises(Again) as refusal:
            await venue.balances()
        assert (refusal.value.code, refusal.value.retry_after_s) == (self.throttled_code, 3)

    @pytest.mark.parametrize("edge", [403, 451])
    async def test_who_is_shut_out_at_the_edge_is_told_so_for_good(
        self, venue: WholeVenue, sandbox: Sandbox, edge: int
    ) -> None:
        """Asked once: it is no question of time, so nothing asks again by itself."""
        await sandbox.fail("*", "shut_out", edge=edge, venue=venue.name)
        before = (await sandbox.state())["calls"].get("balances", 0)
        with pytest.raises(Never) as refusal:
            await Guarded(venue).balances()
        assert refusal.value.code == str(edge)
        assert (await sandbox.state())["calls"]["balances"] == before + 1
        with pytest.raises(Never):
            await venue.place(sale())

    async def test_a_revoked_key_is_a_definite_refusal_and_nothing_is_placed(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        await venue.balances()
        await sandbox.fail("*", "key_revoked", venue=venue.name)
        asked = sale()
        for call in (
            venue.balances,
            lambda: venue.place(asked),
            lambda: venue.look_up(BTC, asked.client_order_id),
        ):
            with pytest.raises(Never):
                await call()
        await sandbox.heal()
        assert await venue.look_up(BTC, asked.client_order_id) is None

    async def test_a_fault_of_another_venue_is_not_its_own(self, venue: WholeVenue, sandbox: Sandbox) -> None:
        for other in VENUES - {venue.name}:
            await sandbox.fail("*", "5xx", venue=other)
        assert await venue.balances()
        await sandbox.fail("*", "5xx", venue=venue.name)
        with pytest.raises(Again):
            await venue.balances()

    async def test_an_order_that_is_filled_in_part_is_told_so(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        await sandbox.fail("place", "partial_fill", share="0.4", times=1)
        asked = sale("0.05")
        placed = await venue.place(asked)
        assert (placed.state, placed.amount, placed.filled) == (
            OrderState.CANCELLED,
            asked.amount,
            Decimal("0.02"),
        )
        assert sum(fill.amount for fill in placed.fills) == placed.filled
        assert await venue.look_up(BTC, asked.client_order_id) == placed

    async def test_what_is_told_twice_happened_once(self, venue: WholeVenue, sandbox: Sandbox) -> None:
        await sandbox.deposit("LTC", "0.75", new_id().hex[:12], venue.name)
        usual = {row.deposit_id for row in await venue.deposits(LONG_AGO)}
        await sandbox.fail("*", "duplicate")
        placed = await venue.place(sale())
        assert (placed.filled, len(placed.fills)) == (placed.amount, 1)
        assert await venue.look_up(BTC, placed.client_order_id) == placed
        assert sorted(row.deposit_id for row in await venue.deposits(LONG_AGO)) == sorted(usual)

    async def test_clocks_that_differ_cost_one_refusal_at_most(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        for skew_ms in (-60_000, -5000, 5000, 60_000):
            await sandbox.heal()
            await sandbox.fail("*", "clock_skew", skew_ms=skew_ms)
            with suppress(Again):
                await venue.balances()
            asked = sale()
            with suppress(Again, Unknown):
                await venue.place(asked)
            if await venue.look_up(BTC, asked.client_order_id) is None:
                await venue.place(asked)
            found = await venue.look_up(BTC, asked.client_order_id)
            assert found is not None
            assert found.state is OrderState.FILLED
            assert len((await sandbox.state())["orders"][asked.client_order_id]) == 1

    async def test_an_order_whose_sender_was_stopped_meanwhile_is_found(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        asked = sale()
        await venue.instruments([BTC])
        await sandbox.fail("place", "hang", executed=True, times=1)
        sending = asyncio.ensure_future(venue.place(asked))
        async with asyncio.timeout(5):
            while asked.client_order_id not in (await sandbox.state())["orders"]:
                await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        found = await venue.look_up(BTC, asked.client_order_id, sent_at=asked.sent_at)
        assert found is not None
        assert (found.state, len(found.fills)) == (OrderState.FILLED, 1)

    async def test_prices_of_long_ago_say_so_and_a_stream_of_them_is_refused(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        await sandbox.fail("*", "stale", age_ms=120_000)
        (tick,) = await venue.rates([BTC])
        old = tick.received_at - tick.at > timedelta(seconds=115)
        assert old is self.tells_times
        with pytest.raises(Again) as trouble:
            await anext(aiter(venue.watch([BTC], silence_s=3)))
        assert trouble.value.code == "stale"

    async def test_a_stream_bears_gaps_and_repeats_and_says_when_it_is_cut(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        await sandbox.fail("message", "duplicate")
        await sandbox.fail("message", "gap", nth=2, times=1)
        seen = []
        async with aclosing(venue.watch([BTC], silence_s=5)) as ticks:
            async for tick in ticks:
                seen.append(tick.at)
                if len(seen) == 2:
                    break
            assert seen[0] < seen[1]
            await sandbox.fail("message", "never_arrived", times=1)
            with pytest.raises(Again) as trouble:
                async for _ in ticks:
                    pass
        assert trouble.value.code == "dropped"
