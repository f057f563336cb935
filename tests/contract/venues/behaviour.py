"""What every venue promises. A venue's test file inherits this class and says how the venue is opened."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from capitalino.kit.ids import new_id
from capitalino.venues import WholeVenue
from capitalino.venues.port import (
    Again,
    DepositState,
    Never,
    OrderState,
    Pair,
    PlaceOrder,
    Side,
    Unknown,
    Venue,
    VenueTrouble,
)
from tests.contract.venues.bad_days import BadDaysBehaviour
from tests.contract.venues.withdrawing import WithdrawingBehaviour
from tests.support.sandbox import Sandbox

BTC = Pair("BTC", "EUR")
ETH = Pair("ETH", "EUR")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TIMEOUT_MS = 1500


def order(amount: str = "0.01", side: Side = Side.SELL, *, sent_at: datetime | None = None) -> PlaceOrder:
    """A market order under a fresh id."""
    return PlaceOrder(new_id().hex, BTC, side, Decimal(amount), sent_at or datetime.now(UTC))


class VenueBehaviour(WithdrawingBehaviour, BadDaysBehaviour):
    """Inherit it, and give a fixture `fresh_venue` that opens one with a timeout of TIMEOUT_MS."""

    candles_back = 730
    """So many daily candles a venue tells at least."""
    tells_least_worth = True
    """Whether its rules say what an order must be worth; otherwise only the venue knows."""
    tells_tags = True
    """Whether a deposit is listed with its tag."""

    @pytest.fixture
    async def venue(self, fresh_venue: WholeVenue) -> AsyncIterator[WholeVenue]:
        async with fresh_venue:
            yield fresh_venue

    async def test_rules_say_which_amounts_fit(self, venue: Venue) -> None:
        (rules,) = await venue.instruments([BTC])
        assert rules.pair == BTC
        assert rules.fits(rules.amount_min)
        assert not rules.fits(rules.amount_min / 2)
        assert (rules.cost_min > 0) is self.tells_least_worth

    async def test_a_pair_that_is_not_traded_is_refused(self, venue: Venue) -> None:
        with pytest.raises(Never):
            await venue.instruments([Pair("BTC", "XXX")])

    async def test_rates_lie_between_bid_and_ask_and_are_fresh(self, venue: Venue) -> None:
        first, second = await venue.rates([BTC, ETH])
        assert (first.pair, second.pair) == (BTC, ETH)
        assert first.bid < first.ask
        assert first.bid <= first.last <= first.ask
        assert abs(first.received_at - first.at) < timedelta(seconds=5)

    async def test_the_book_is_sorted_and_does_not_cross(self, venue: Venue) -> None:
        book = await venue.book(BTC, 10)
        bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
        assert len(bids) == len(asks) == 10

    async def test_candles_go_back_two_years_without_a_gap(self, venue: Venue) -> None:
        since = datetime.now(UTC) - timedelta(days=self.candles_back)
        candles = await venue.candles(BTC, "1d", since=since, limit=1000)
        assert len(candles) == self.candles_back
        days = [candle.at for candle in candles]
        assert days == [days[0] + timedelta(days=i) for i in range(self.candles_back)]
        assert all(
            bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in candles
        )

    async def test_the_newest_candle_ends_at_the_price_now(self, venue: Venue) -> None:
        for interval in ("1m", "1h", "1d"):
            (candle,) = await venue.candles(BTC, interval, limit=1)
            (tick,) = await venue.rates([BTC])
            assert abs(candle.close - tick.last) < tick.last / 200

    async def test_an_order_is_filled_at_the_price_and_its_fees_are_told(self, venue: Venue) -> None:
        asked = order("0.02", Side.BUY)
        placed = await venue.place(asked)
        assert placed.client_order_id == asked.client_order_id
        assert placed.state is OrderState.FILLED
        assert placed.filled == asked.amount
        assert placed.cost == sum(fill.price * fill.amount for fill in placed.fills)
        assert placed.fee("BTC") + placed.fee("EUR") > 0

    async def test_an_order_is_found_by_our_id_as_it_was_answered(self, venue: Venue) -> None:
        placed = await venue.place(order())
        assert await venue.look_up(BTC, placed.client_order_id) == placed

    async def test_an_order_that_was_never_sent_is_not_found(self, venue: Venue) -> None:
        assert await venue.look_up(BTC, new_id().hex) is None

    async def test_an_order_changes_the_balances(self, venue: Venue) -> None:
        before = {balance.asset: balance.free for balance in await venue.balances()}
        placed = await venue.place(order("0.5"))
        after = {balance.asset: balance.free for balance in await venue.balances()}
        assert before["BTC"] - after["BTC"] == placed.filled + placed.fee("BTC")
        assert after["EUR"] - before["EUR"] == placed.cost - placed.fee("EUR")

    async def test_an_order_that_is_filled_cannot_be_cancelled(self, venue: Venue) -> None:
        placed = await venue.place(order())
        assert await venue.cancel(BTC, placed.client_order_id) is None

    async def test_an_amount_between_two_steps_is_refused_and_not_cut(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        asked = order("0.012345678")
        with pytest.raises(Never):
            await venue.place(asked)
        assert asked.client_order_id not in (await sandbox.state())["orders"]

    async def test_an_order_that_is_sent_long_after_its_time_is_refused(self, venue: Venue) -> None:
        late = order(sent_at=datetime.now(UTC) - timedelta(seconds=11))
        with pytest.raises(Again):
            await venue.place(late)
        assert await venue.look_up(BTC, late.client_order_id) is None
        in_time = order(sent_at=datetime.now(UTC) - timedelta(seconds=7))
        assert (await venue.place(in_time)).state is OrderState.FILLED

    async def test_without_funds_nothing_is_placed(self, venue: Venue) -> None:
        asked = order("5000")
        with pytest.raises(Never):
            await venue.place(asked)
        assert await venue.look_up(BTC, asked.client_order_id) is None

    async def test_below_the_least_worth_nothing_is_placed(self, venue: Venue) -> None:
        with pytest.raises(Never):
            await venue.place(order("0.00001"))

    @pytest.mark.parametrize(
        ("fault", "rules"),
        [
            ("executed_then_dropped", {}),
            ("hang", {"executed": True}),
            ("5xx", {"executed": True}),
            ("5xx", {"executed": True, "status": 504}),
            ("garbage_200", {"executed": True}),
            ("garbage_200", {"executed": True, "body": ""}),
            ("garbage_200", {"executed": True, "body": "null"}),
            ("garbage_200", {"executed": True, "body": '{"symbol": "BTCEUR", "orderId": 12, "clientOr'}),
            ("garbage_200", {"executed": True, "body": "{}"}),
        ],
    )
    async def test_an_order_whose_answer_is_lost_is_found_with_one_fill(
        self, venue: Venue, sandbox: Sandbox, fault: str, rules: dict[str, object]
    ) -> None:
        asked = order()
        await venue.instruments([BTC])
        sent = (await sandbox.state())["calls"].get("place", 0)
        await sandbox.fail("place", fault, **rules)
        with pytest.raises(Unknown):
            await venue.place(asked)
        found = await venue.look_up(BTC, asked.client_order_id)
        assert found is not None
        assert (found.state, found.filled, len(found.fills)) == (OrderState.FILLED, asked.amount, 1)
        state = await sandbox.state()
        assert len(state["orders"][asked.client_order_id]) == 1
        assert state["calls"]["place"] == sent + 1, "an order is sent once, whatever comes back"

    @pytest.mark.parametrize("fault", ["never_arrived", "garbage_200", "5xx"])
    async def test_an_order_that_may_have_arrived_is_unknown_until_it_is_looked_up(
        self, venue: Venue, sandbox: Sandbox, fault: str
    ) -> None:
        asked = order()
        await sandbox.fail("place", fault)
        with pytest.raises(Unknown):
            await venue.place(asked)
        assert await venue.look_up(BTC, asked.client_order_id) is None

    async def test_a_throttled_order_was_not_placed_and_says_when_to_come_back(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        asked = order()
        await sandbox.fail("place", "429", retry_after_s=7, times=1)
        with pytest.raises(Again) as refusal:
            await venue.place(asked)
        assert refusal.value.retry_after_s == 7
        assert (await venue.place(asked)).state is OrderState.FILLED

    @pytest.mark.parametrize("call", ["rates", "book", "candles", "balances", "look_up", "deposits"])
    async def test_a_question_that_fails_may_be_asked_again(
        self, venue: Venue, sandbox: Sandbox, call: str
    ) -> None:
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "rates": lambda: venue.rates([BTC]),
            "book": lambda: venue.book(BTC),
            "candles": lambda: venue.candles(BTC, "1h"),
            "balances": venue.balances,
            "look_up": lambda: venue.look_up(BTC, "0" * 32),
            "deposits": lambda: venue.deposits(LONG_AGO),
        }
        ask = calls[call]
        for fault in ("429", "5xx", "never_arrived", "garbage_200", "executed_then_dropped"):
            await ask()
            await sandbox.fail("*", fault)
            with pytest.raises(Again):
                await ask()
            await sandbox.heal()

    async def test_a_question_that_is_not_answered_ends_in_time(self, venue: Venue, sandbox: Sandbox) -> None:
        await sandbox.fail("balances", "hang")
        async with asyncio.timeout(5 * TIMEOUT_MS / 1000):
            with pytest.raises(Again):
                await venue.balances()

    async def test_a_look_up_that_fails_is_never_taken_for_not_found(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        placed = await venue.place(order())
        for operation in ("look_up", "fills"):
            await sandbox.fail(operation, "garbage_200", body="{}")
            with pytest.raises(Again):
                await venue.look_up(BTC, placed.client_order_id)
            await sandbox.heal()

    async def test_trouble_names_no_url_no_key_and_no_signature(self, venue: Venue, sandbox: Sandbox) -> None:
        for fault in ("429", "5xx", "never_arrived", "garbage_200"):
            await sandbox.fail("balances", fault)
            with pytest.raises(VenueTrouble) as trouble:
                await venue.balances()
            chain: BaseException | None = trouble.value
            while chain is not None:
                text = f"{chain!r} {chain}"
                assert not any(word in text for word in ("http", "signature", "timestamp=", "sandbox-"))
                chain = chain.__cause__ or chain.__context__
            await sandbox.heal()

    async def test_a_deposit_is_pending_and_then_credited(self, venue: Venue, sandbox: Sandbox) -> None:
        address, tag = await venue.deposit_address("BTC"), new_id().hex[:12]
        sent = await sandbox.deposit("BTC", "0.25000001", tag, venue.name)
        states = []
        for _ in range(50):
            (seen,) = [row for row in await venue.deposits(LONG_AGO) if row.chain_id == sent["txId"]]
            states.append(seen.state)
            assert seen.tag == (tag if self.tells_tags else "")
            assert (seen.asset, seen.amount, seen.address) == ("BTC", Decimal("0.25000001"), address.address)
            if seen.state is DepositState.CREDITED:
                break
            await asyncio.sleep(0.02)
        assert states[0] is DepositState.PENDING
        assert states[-1] is DepositState.CREDITED

    async def test_deposits_are_listed_since_an_instant(self, venue: Venue, sandbox: Sandbox) -> None:
        await sandbox.deposit("LTC", "1", venue=venue.name)
        assert await venue.deposits(datetime.now(UTC) - timedelta(hours=1))
        assert await venue.deposits(datetime.now(UTC) + timedelta(hours=1)) == ()

    async def test_watching_tells_prices_as_they_move(self, venue: Venue) -> None:
        seen = []
        async with aclosing(venue.watch([BTC, ETH])) as ticks:
            async for tick in ticks:
                seen.append(tick)
                if len(seen) == 6:
                    break
        assert {tick.pair for tick in seen} == {BTC, ETH}
        assert all(tick.bid < tick.ask for tick in seen)
        times = [tick.at for tick in seen if tick.pair == BTC]
        assert times == sorted(set(times))

    async def test_a_silent_stream_is_noticed(self, venue: Venue, sandbox: Sandbox) -> None:
        await sandbox.fail("stream", "silence")
        with pytest.raises(Again) as trouble:
            await anext(aiter(venue.watch([BTC], silence_s=1)))
        assert trouble.value.code == "silent"

    async def test_a_stream_that_cannot_be_opened_may_be_tried_again(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        await venue.instruments([BTC])
        await sandbox.fail("stream", "never_arrived")
        with pytest.raises(Again):
            await anext(aiter(venue.watch([BTC], silence_s=3)))
