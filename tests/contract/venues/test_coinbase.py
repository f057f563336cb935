"""Coinbase keeps the promises of a venue, against the sandbox that speaks its protocol."""

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id
from capitalino.venues import VenueSettings, WholeVenue, open_venue
from capitalino.venues.coinbase import Coinbase
from capitalino.venues.coinbase_client import open_client
from capitalino.venues.port import Again, Never, OrderState, Side, Unknown, Venue
from tests.contract.venues.behaviour import BTC, LONG_AGO, TIMEOUT_MS, VenueBehaviour, order
from tests.contract.venues.withdrawing import Sends, sent_times
from tests.support.keeper import free_port
from tests.support.sandbox import Sandbox


class TestCoinbase(VenueBehaviour):
    """The behaviour of every venue, and what is Coinbase's own."""

    throttled_code = "RESOURCE_EXHAUSTED"
    without_funds = "validation_error"

    @pytest.fixture
    def fresh_venue(self, sandbox: Sandbox) -> WholeVenue:
        return open_venue("coinbase", VenueSettings(sandbox.coinbase_url, timeout_ms=TIMEOUT_MS))

    async def test_a_wrong_key_is_a_definite_refusal(self, sandbox: Sandbox) -> None:
        settings = VenueSettings(sandbox.coinbase_url, api_key=SecretStr("another"))
        async with open_venue("coinbase", settings) as venue:
            with pytest.raises(Never) as refusal:
                await venue.place(order())
        assert refusal.value.code == "authentication_error"

    async def test_a_wrong_secret_is_a_definite_refusal(self, sandbox: Sandbox) -> None:
        settings = VenueSettings(sandbox.coinbase_url, secret=SecretStr("another"))
        async with open_venue("coinbase", settings) as venue:
            with pytest.raises(Never) as refusal:
                await venue.balances()
        assert (refusal.value.code, refusal.value.message) == ("authentication_error", "invalid signature")

    async def test_an_order_that_found_nobody_was_not_placed(self) -> None:
        async with open_venue("coinbase", VenueSettings(f"http://127.0.0.1:{free_port()}/coinbase")) as venue:
            with pytest.raises(Again) as trouble:
                await venue.look_up(BTC, new_id().hex)
        assert trouble.value.code == "unreachable"

    async def test_a_clock_out_of_step_is_put_right_though_it_is_told_as_a_wrong_key(
        self, venue: Venue
    ) -> None:
        await venue.rates([BTC])
        _client(venue).options["timeDifference"] = 60_000
        with pytest.raises(Again) as refusal:
            await venue.place(order())
        assert refusal.value.code == "clock"
        assert (await venue.place(order())).state is OrderState.FILLED

    async def test_our_id_is_the_one_that_is_sent(self, venue: Venue, sandbox: Sandbox) -> None:
        """The client's own parameter for it, `clientOrderId`, is dropped without a word."""
        asked = order()
        await venue.place(asked)
        (placed,) = (await sandbox.state())["orders"][asked.client_order_id]
        assert placed["status"] == "FILLED"

    async def test_an_order_sent_under_an_id_of_before_is_the_one_of_before(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        asked = order()
        first = await venue.place(asked)
        assert await venue.place(asked) == first
        with pytest.raises(Unknown) as doubt:
            await venue.place(replace(asked, amount=Decimal("0.02")))
        assert doubt.value.code == "duplicate"
        assert len((await sandbox.state())["orders"][asked.client_order_id]) == 1

    async def test_an_order_is_found_behind_pages_of_others(self, venue: Venue, sandbox: Sandbox) -> None:
        placed = await venue.place(order())
        for _ in range(4):
            await venue.place(order())
        before = (await sandbox.state())["calls"].get("look_up", 0)
        async with _by_two(sandbox) as brief:
            assert await brief.look_up(BTC, placed.client_order_id) == placed
        assert (await sandbox.state())["calls"]["look_up"] == before + 3

    async def test_an_order_is_not_taken_for_missing_when_a_page_is(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        placed = await venue.place(order())
        for _ in range(2):
            await venue.place(order())
        await sandbox.fail("look_up", "5xx", nth=2)
        async with _by_two(sandbox) as brief:
            with pytest.raises(Again):
                await brief.look_up(BTC, placed.client_order_id)

    async def test_the_fills_of_a_large_order_are_read_page_by_page(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        placed = await venue.place(order("40"))
        assert len(placed.fills) > 4
        async with _by_two(sandbox) as brief:
            assert await brief.look_up(BTC, placed.client_order_id) == placed

    async def test_an_order_whose_filling_is_not_told_is_unknown_and_then_found(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        """The answer to an order says that it was taken; all else is a further question."""
        for operation in ("order", "fills"):
            asked = order()
            await sandbox.fail(operation, "5xx")
            with pytest.raises(Unknown):
                await venue.place(asked)
            await sandbox.heal()
            found = await venue.look_up(BTC, asked.client_order_id)
            assert found is not None
            assert found.filled == asked.amount

    async def test_a_purchase_is_of_so_much_and_its_fee_is_paid_in_the_quote_asset(
        self, venue: Venue
    ) -> None:
        """The client would ask for a price, and send what to spend instead."""
        before = {balance.asset: balance.free for balance in await venue.balances()}
        placed = await venue.place(order("0.03", Side.BUY))
        after = {balance.asset: balance.free for balance in await venue.balances()}
        assert after["BTC"] - before["BTC"] == placed.filled == Decimal("0.03")
        assert before["EUR"] - after["EUR"] == placed.cost + placed.fee("EUR")
        assert placed.fee("BTC") == 0

    async def test_a_refused_order_is_answered_with_200_and_says_why(self, venue: Venue) -> None:
        for asked, why in (
            (order("5000"), "INSUFFICIENT_FUND"),
            (order("0.00001"), "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"),
        ):
            with pytest.raises(Never) as refusal:
                await venue.place(asked)
            assert refusal.value.code == why

    async def test_an_order_of_an_unknown_number_is_a_definite_refusal(self, venue: Venue) -> None:
        """The client has no class of its own for it."""
        assert isinstance(venue, Coinbase)
        with pytest.raises(Never) as refusal:
            await venue._order(BTC, new_id().hex, str(new_id()))
        assert refusal.value.code == "NOT_FOUND"

    async def test_an_open_order_is_cancelled(self, venue: Venue) -> None:
        client_id = new_id().hex
        await _resting(venue, client_id)
        found = await venue.look_up(BTC, client_id)
        assert found is not None
        assert (found.state, found.amount) == (OrderState.OPEN, Decimal("0.01"))
        cancelled = await venue.cancel(BTC, client_id)
        assert cancelled is not None
        assert (cancelled.state, cancelled.filled) == (OrderState.CANCELLED, Decimal(0))
        assert await venue.cancel(BTC, client_id) is None

    async def test_an_order_that_was_never_sent_is_not_cancelled(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        before = (await sandbox.state())["calls"].get("cancel", 0)
        assert await venue.cancel(BTC, new_id().hex) is None
        assert (await sandbox.state())["calls"].get("cancel", 0) == before

    async def test_what_became_of_a_cancelled_order_may_stay_unknown(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        for operation in ("cancel", "order"):
            client_id = new_id().hex
            await _resting(venue, client_id)
            await sandbox.fail(operation, "5xx", executed=True)
            with pytest.raises(Unknown):
                await venue.cancel(BTC, client_id)
            await sandbox.heal()
            found = await venue.look_up(BTC, client_id)
            assert found is not None
            assert found.state is OrderState.CANCELLED

    async def test_an_open_order_of_the_same_id_is_not_taken_for_the_new_one(self, venue: Venue) -> None:
        asked = order("0.02")
        await _resting(venue, asked.client_order_id)
        with pytest.raises(Unknown):
            await venue.place(asked)
        await venue.cancel(BTC, asked.client_order_id)

    async def test_another_exchange_does_not_know_its_orders(self, venue: Venue, sandbox: Sandbox) -> None:
        placed = await venue.place(order())
        async with open_venue("binance", VenueSettings(sandbox.venue_url)) as other:
            assert await other.look_up(BTC, placed.client_order_id) is None

    async def test_an_address_belongs_to_an_account_and_a_network(self, venue: Venue) -> None:
        found = await venue.deposit_address("ETH")
        assert (found.asset, found.network) == ("ETH", "ethereum")
        assert await venue.deposit_address("ETH", "ethereum") == found
        with pytest.raises(Never):
            await venue.deposit_address("ETH", "base")
        for asset in ("EUR", "XXX"):
            with pytest.raises(Never) as refusal:
                await venue.deposit_address(asset)
            assert refusal.value.code == "no_account"

    async def test_deposits_are_read_page_by_page(self, venue: Venue, sandbox: Sandbox) -> None:
        tag = new_id().hex[:12]
        for amount in ("1", "2", "3", "4", "5"):
            await sandbox.deposit("LTC", amount, tag, "coinbase")
        async with _by_two(sandbox) as brief:
            found = [row for row in await brief.deposits(LONG_AGO) if row.tag == tag]
            assert [row.asset for row in await brief.balances()] == [
                row.asset for row in await venue.balances()
            ]
        assert [row.amount for row in found] == [Decimal(amount) for amount in range(1, 6)]
        assert len({row.deposit_id for row in found}) == 5
        assert {row.network for row in found} == {"litecoin"}

    async def test_a_minute_s_candles_are_read_three_hundred_at_a_time(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        before = (await sandbox.state())["calls"].get("candles", 0)
        candles = await venue.candles(BTC, "1m", limit=700)
        assert (await sandbox.state())["calls"]["candles"] == before + 3
        minutes = [candle.at for candle in candles]
        assert minutes == [minutes[0] + timedelta(minutes=i) for i in range(700)]

    async def test_the_price_of_a_day_before_is_made_of_what_has_changed_since(self, venue: Venue) -> None:
        (tick,) = await venue.rates([BTC])
        (candle,) = await venue.candles(BTC, "1m", since=datetime.now(UTC) - timedelta(days=1), limit=1)
        assert abs(tick.open_24h - candle.open) < candle.open / 100
        async with aclosing(venue.watch([BTC])) as ticks:
            assert abs((await anext(ticks)).open_24h - tick.open_24h) < tick.open_24h / 100

    async def test_the_client_finds_all_that_it_asks_for_by_itself(self, sandbox: Sandbox) -> None:
        client = open_client(VenueSettings(sandbox.coinbase_url))
        try:
            markets = await client.load_markets()
            assert markets["BTC/EUR"]["precision"] == {"amount": "0.00001", "price": "0.01"}
            assert set(await client.fetch_balance()) >= {"BTC", "EUR"}
        finally:
            await client.close()

    async def test_a_stream_answers_with_heartbeats_and_numbers_its_messages(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        await venue.rates([BTC])
        live = f"{sandbox.coinbase_url}/ws"
        async with _client(venue).session.ws_connect(live) as socket:
            await socket.send_json({"type": "subscribe", "channel": "heartbeats"})
            told = [await socket.receive_json(timeout=5) for _ in range(3)]
            await socket.send_json({"type": "subscribe", "channel": "ticker", "product_ids": ["XXX-EUR"]})
            while (refusal := await socket.receive_json(timeout=5)).get("type") != "error":
                pass
        assert [message["channel"] for message in told] == ["subscriptions", "heartbeats", "heartbeats"]
        assert [message["sequence_num"] for message in told] == [0, 1, 2]
        counted = [int(message["events"][0]["heartbeat_counter"]) for message in told[1:]]
        assert counted[1] == counted[0] + 1
        assert refusal["message"]

    async def test_money_sent_under_an_id_of_before_is_that_of_before(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        first = await venue.withdraw(asked)
        assert (await venue.withdraw(asked)).venue_withdrawal_id == first.venue_withdrawal_id
        with pytest.raises(Unknown) as doubt:
            await venue.withdraw(replace(asked, amount=Decimal("0.6")))
        assert doubt.value.code == "duplicate"
        assert await sent_times(sandbox, asked, venue) == 1

    async def test_money_that_left_is_found_behind_pages_of_what_came(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        taken = await venue.withdraw(asked)
        for _ in range(3):
            await sandbox.deposit("LTC", "1", "", "coinbase")
        async with _by_two(sandbox) as brief:
            found = await brief.look_up_withdrawal(asked)
        assert found is not None
        assert found.venue_withdrawal_id == taken.venue_withdrawal_id

    async def test_only_orders_since_it_was_sent_are_looked_through(
        self, venue: WholeVenue, sandbox: Sandbox
    ) -> None:
        for _ in range(3):
            await venue.place(order())
        before = (await sandbox.state())["calls"].get("look_up", 0)
        async with _by_two(sandbox) as brief:
            later = datetime.now(UTC) + timedelta(minutes=5)
            assert await brief.look_up(BTC, new_id().hex, sent_at=later) is None
        assert (await sandbox.state())["calls"]["look_up"] == before + 1


def _by_two(sandbox: Sandbox) -> Coinbase:
    """A venue whose lists come in the smallest pages that are more than one row."""
    return Coinbase(VenueSettings(sandbox.coinbase_url), SYSTEM, at_once=2)


def _client(venue: Venue) -> Any:
    assert isinstance(venue, Coinbase)
    return venue._calls._client


async def _resting(venue: Venue, client_order_id: str) -> None:
    """Put an order into the book that nobody will fill; the port itself places market orders only."""
    await venue.rates([BTC])
    limit = {"base_size": "0.01", "limit_price": "1000", "post_only": False}
    asked = {"client_order_id": client_order_id, "product_id": "BTC-EUR", "side": "BUY"}
    raw = await _client(venue).v3_private_post_brokerage_orders(
        asked | {"order_configuration": {"limit_limit_gtc": limit}}
    )
    assert raw["success"]
