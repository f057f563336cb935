"""Kraken keeps the promises of a venue, against the sandbox that speaks its protocol."""

import asyncio
from base64 import b64encode
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from capitalino.kit.ids import new_id
from capitalino.venues import VenueSettings, WholeVenue, open_venue
from capitalino.venues.kraken import Kraken
from capitalino.venues.port import Again, Never, OrderState, Pair, Side, Unknown, Venue, VenueTrouble
from tests.contract.venues.behaviour import BTC, ETH, LONG_AGO, TIMEOUT_MS, VenueBehaviour, order
from tests.contract.venues.withdrawing import Sends
from tests.support.clock import SettableClock
from tests.support.keeper import free_port
from tests.support.sandbox import Sandbox

SECRET = SecretStr(b64encode(b"sandbox-secret").decode())


def kraken_error(error: str) -> dict[str, Any]:
    """A fault by which Kraken answers so, with the status of a success."""
    return {"fault": "garbage_200", "body": f'{{"error":["{error}"]}}'}


class TestKraken(VenueBehaviour):
    """The behaviour of every venue, and what is Kraken's own."""

    candles_back = 720
    tells_tags = False
    tells_times = False
    throttled_code = "429"
    without_funds = "EFunding:Invalid amount"
    lists_addresses = True
    keeps_our_id = False

    @pytest.fixture
    def settings(self, sandbox: Sandbox) -> VenueSettings:
        return VenueSettings(sandbox.kraken_url, secret=SECRET, timeout_ms=TIMEOUT_MS)

    @pytest.fixture
    def fresh_venue(self, settings: VenueSettings) -> WholeVenue:
        return open_venue("kraken", settings)

    async def test_a_wrong_key_is_a_definite_refusal(self, sandbox: Sandbox) -> None:
        settings = VenueSettings(sandbox.kraken_url, api_key=SecretStr("another"), secret=SECRET)
        async with open_venue("kraken", settings) as venue:
            with pytest.raises(Never) as refusal:
                await venue.place(order())
        assert refusal.value.code == "EAPI:Invalid key"

    async def test_a_wrong_secret_is_a_definite_refusal(self, sandbox: Sandbox) -> None:
        another = SecretStr(b64encode(b"another-secret").decode())
        async with open_venue("kraken", VenueSettings(sandbox.kraken_url, secret=another)) as venue:
            with pytest.raises(Never) as refusal:
                await venue.place(order())
        assert refusal.value.code == "EAPI:Invalid signature"

    async def test_a_secret_that_is_none_is_a_definite_refusal(self, sandbox: Sandbox) -> None:
        async with open_venue("kraken", VenueSettings(sandbox.kraken_url)) as venue:
            with pytest.raises(Never) as refusal:
                await venue.place(order())
        assert refusal.value.code == "secret"

    async def test_an_order_that_found_nobody_was_not_placed(self) -> None:
        settings = VenueSettings(f"http://127.0.0.1:{free_port()}/kraken", secret=SECRET)
        async with open_venue("kraken", settings) as venue:
            with pytest.raises(Again) as trouble:
                await venue.look_up(BTC, new_id().hex)
        assert trouble.value.code == "unreachable"

    async def test_calls_at_the_same_time_go_out_in_the_order_of_their_nonces(self, venue: Venue) -> None:
        found = await asyncio.gather(*(venue.balances() for _ in range(20)))
        assert len(found) == 20

    async def test_two_with_one_key_disturb_each_other_and_place_nothing_twice(
        self, venue: Venue, settings: VenueSettings, sandbox: Sandbox
    ) -> None:
        asked = [order() for _ in range(20)]
        async with open_venue("kraken", settings) as other:
            await venue.instruments([BTC])
            await other.instruments([BTC])
            ends = await asyncio.gather(
                *((venue, other)[i % 2].place(one) for i, one in enumerate(asked)), return_exceptions=True
            )
        orders = (await sandbox.state())["orders"]
        for one, end in zip(asked, ends, strict=True):
            times = len(orders.get(one.client_order_id, []))
            if isinstance(end, Again):
                assert times == 0
            elif isinstance(end, Unknown):
                assert times == 1, "it was placed, and then a nonce out of turn kept its end from us"
            else:
                assert not isinstance(end, BaseException)
                assert (times, end.state) == (1, OrderState.FILLED)

    async def test_a_nonce_out_of_turn_was_refused_and_the_order_may_be_sent_again(
        self, venue: Venue
    ) -> None:
        assert isinstance(venue, Kraken)
        await venue.balances()
        options = venue._calls.client.options
        options |= {"timeDifference": 60_000, "lastNonce": 0}
        asked = order()
        with pytest.raises(Again) as refusal:
            await venue.place(asked)
        assert refusal.value.code == "EAPI:Invalid nonce"
        options["timeDifference"] = 0
        assert (await venue.place(asked)).state is OrderState.FILLED

    async def test_an_order_that_is_held_up_on_its_way_is_refused_by_its_deadline(
        self, settings: VenueSettings, sandbox: Sandbox
    ) -> None:
        clock = SettableClock(datetime.now(UTC))
        async with open_venue("kraken", settings, clock) as venue:
            await venue.place(order(sent_at=clock.now()))
            clock.set(clock.now() - timedelta(seconds=11))
            late = order(sent_at=clock.now())
            with pytest.raises(Unknown) as refusal:
                await venue.place(late)
            assert refusal.value.code == "EService:Deadline elapsed"
            assert await venue.look_up(BTC, late.client_order_id) is None
            # It could be our clock that is wrong: from now on it is put right.
            assert (await venue.place(order(sent_at=clock.now()))).state is OrderState.FILLED
        assert late.client_order_id not in (await sandbox.state())["orders"]

    async def test_the_fee_of_a_purchase_too_is_taken_from_the_quote_asset(self, venue: Venue) -> None:
        before = {balance.asset: balance.free for balance in await venue.balances()}
        placed = await venue.place(order("0.5", Side.BUY))
        after = {balance.asset: balance.free for balance in await venue.balances()}
        assert placed.fee("EUR") > 0
        assert placed.fee("BTC") == 0
        assert after["BTC"] - before["BTC"] == placed.filled
        assert before["EUR"] - after["EUR"] == placed.cost + placed.fee("EUR")

    async def test_an_order_of_many_fills_is_told_with_all_of_them(self, venue: Venue) -> None:
        for side in (Side.BUY, Side.SELL):
            placed = await venue.place(order("100", side))
            assert len(placed.fills) > 20, "one call tells twenty"
            assert sum(fill.amount for fill in placed.fills) == placed.filled == 100
            assert await venue.look_up(BTC, placed.client_order_id) == placed

    @pytest.mark.parametrize("operation", ["look_up", "fills"])
    async def test_an_order_whose_end_was_not_told_is_unknown_and_found(
        self, venue: Venue, sandbox: Sandbox, operation: str
    ) -> None:
        asked = order()
        await sandbox.fail(operation, "5xx", times=1)
        with pytest.raises(Unknown):
            await venue.place(asked)
        found = await venue.look_up(BTC, asked.client_order_id)
        assert found is not None
        assert found.state is OrderState.FILLED

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            ("EOrder:Rate limit exceeded", Again),
            ("EGeneral:Temporary lockout", Again),
            ("EService:Market in cancel_only mode", Again),
            ("EService:Unavailable", Unknown),
            ("EService:Busy", Unknown),
            ("EService:Timeout", Unknown),
            ("EGeneral:Internal error", Unknown),
            ("EOrder:Duplicate order", Unknown),
            ("ESomething:New", Unknown),
            ("EOrder:Insufficient funds", Never),
            ("EGeneral:Permission denied", Never),
        ],
    )
    async def test_an_error_with_the_status_of_a_success_is_judged_by_its_text(
        self, venue: Venue, sandbox: Sandbox, error: str, kind: type[VenueTrouble]
    ) -> None:
        await venue.instruments([BTC])
        await sandbox.fail("place", **kraken_error(error))
        with pytest.raises(kind) as trouble:
            await venue.place(order())
        assert trouble.value.code == error

    @pytest.mark.parametrize(
        "body",
        ["", "null", "[]", "{}", '{"error":[]}', '{"error":[],"result":null}', '{"error":[],"result":{"XXB'],
    )
    async def test_an_answer_that_says_nothing_is_asked_for_again(
        self, venue: Venue, sandbox: Sandbox, body: str
    ) -> None:
        await venue.rates([BTC])
        await sandbox.fail("*", "garbage_200", body=body)
        for ask in (
            lambda: venue.instruments([Pair("LTC", "EUR")]),
            lambda: venue.rates([BTC]),
            lambda: venue.book(BTC),
            lambda: venue.candles(BTC, "1h"),
            lambda: venue.look_up(BTC, "0" * 32),
            lambda: venue.deposit_address("BTC"),
            lambda: venue.deposits(LONG_AGO),
            venue.balances,
        ):
            with pytest.raises(Again):
                await ask()

    async def test_an_open_order_is_found_and_cancelled(self, venue: Venue) -> None:
        client_id = new_id().hex
        await _resting(venue, client_id)
        found = await venue.look_up(BTC, client_id)
        assert found is not None
        assert (found.state, found.filled, found.fills) == (OrderState.OPEN, Decimal(0), ())
        cancelled = await venue.cancel(BTC, client_id)
        assert cancelled is not None
        assert (cancelled.state, cancelled.filled) == (OrderState.CANCELLED, Decimal(0))
        assert await venue.cancel(BTC, client_id) is None

    async def test_what_became_of_a_cancelled_order_may_stay_unknown(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        client_id = new_id().hex
        await _resting(venue, client_id)
        await sandbox.fail("look_up", "5xx")
        with pytest.raises(Unknown):
            await venue.cancel(BTC, client_id)

    async def test_an_open_order_of_the_same_id_is_looked_up_and_not_placed_twice(self, venue: Venue) -> None:
        asked = order()
        await _resting(venue, asked.client_order_id)
        with pytest.raises(Unknown):
            await venue.place(asked)
        found = await venue.look_up(BTC, asked.client_order_id)
        assert found is not None
        assert found.state is OrderState.OPEN
        await venue.cancel(BTC, asked.client_order_id)

    async def test_two_orders_of_one_id_are_no_answer(self, venue: Venue) -> None:
        asked = order()
        await venue.place(asked)
        await venue.place(asked)  # Kraken checks an id among the open orders only; we never do this.
        with pytest.raises(Again) as trouble:
            await venue.look_up(BTC, asked.client_order_id)
        assert trouble.value.code == "garbage"

    async def test_an_order_is_not_seen_at_another_exchange(self, venue: Venue, sandbox: Sandbox) -> None:
        placed = await venue.place(order())
        async with open_venue("binance", VenueSettings(sandbox.venue_url)) as binance:
            assert await binance.look_up(BTC, placed.client_order_id) is None

    async def test_the_price_of_a_day_ago_is_not_that_of_midnight(self, venue: Venue) -> None:
        (tick,) = await venue.rates([BTC])
        since = datetime.now(UTC) - timedelta(days=1)
        (then,) = await venue.candles(BTC, "15m", since=since, limit=1)
        assert tick.open_24h == then.open
        async with aclosing(venue.watch([BTC])) as ticks:
            told = await anext(ticks)
        assert abs(told.open_24h - tick.open_24h) < tick.last / 50

    async def test_a_ticker_without_a_time_is_stamped_with_ours(self, venue: Venue) -> None:
        (tick,) = await venue.rates([BTC])
        assert tick.at == tick.received_at

    async def test_pairs_are_told_in_the_order_in_which_they_were_asked_for(self, venue: Venue) -> None:
        assert [tick.pair for tick in await venue.rates([ETH, BTC])] == [ETH, BTC]

    async def test_candles_older_than_the_kept_ones_are_left_out(self, venue: Venue) -> None:
        candles = await venue.candles(BTC, "1m", since=datetime.now(UTC) - timedelta(days=2), limit=1000)
        assert len(candles) == 720
        assert candles == tuple(sorted(candles, key=lambda candle: candle.at))

    async def test_heartbeats_do_not_hide_a_silent_stream(self, venue: Venue, sandbox: Sandbox) -> None:
        await sandbox.fail("stream", "silence")
        with pytest.raises(Again) as trouble:
            await anext(aiter(venue.watch([BTC], silence_s=3)))
        assert trouble.value.code == "silent"

    async def test_a_network_is_one_of_krakens_methods(self, venue: Venue) -> None:
        assert (await venue.deposit_address("ETH")).network == "Ether (Hex)"
        assert (await venue.deposit_address("ETH", "Ether (Hex)")).address.startswith("0x")
        for asset, network in (("ETH", "Tron"), ("EUR", None), ("NONE", None)):
            with pytest.raises(Never):
                await venue.deposit_address(asset, network)

    async def test_an_address_is_made_when_there_is_none(self, venue: Venue, sandbox: Sandbox) -> None:
        none = '{"error":[],"result":[]}'
        await sandbox.fail("deposit_address", "garbage_200", body=none, times=1)
        assert (await venue.deposit_address("BTC")).address.startswith("bc1")
        await sandbox.fail("deposit_address", "garbage_200", body=none)
        with pytest.raises(Again):
            await venue.deposit_address("BTC")

    async def test_of_several_networks_none_is_guessed(self, venue: Venue, sandbox: Sandbox) -> None:
        several = '{"error":[],"result":[{"method":"Bitcoin Lightning"},{"method":"Bitcoin"}]}'
        await sandbox.fail("deposit_methods", "garbage_200", body=several)
        assert (await venue.deposit_address("BTC")).network == "Bitcoin"
        with pytest.raises(Never):
            await venue.deposit_address("EUR")

    async def test_deposits_of_many_pages_are_all_listed(self, venue: Venue, sandbox: Sandbox) -> None:
        sent = {(await sandbox.deposit("ETH", "0.001", venue="kraken"))["txId"] for _ in range(60)}
        found = await venue.deposits(LONG_AGO)
        assert sent <= {deposit.chain_id for deposit in found}
        assert len({deposit.deposit_id for deposit in found}) == len(found)
        assert [deposit.at for deposit in found] == sorted(deposit.at for deposit in found)

    async def test_two_withdrawals_that_could_be_the_one_are_for_a_person_to_judge(
        self, venue: WholeVenue, sends: Sends
    ) -> None:
        """Kraken keeps no id of ours."""
        asked = await sends()
        first, second = await venue.withdraw(asked), await venue.withdraw(asked)
        assert first.venue_withdrawal_id != second.venue_withdrawal_id, "nothing keeps a repeat from leaving"
        with pytest.raises(Again) as trouble:
            await venue.look_up_withdrawal(asked)
        assert trouble.value.code == "ambiguous"
        found = await venue.look_up_withdrawal(asked, others={first.venue_withdrawal_id})
        assert found is not None
        assert found.venue_withdrawal_id == second.venue_withdrawal_id

    async def test_money_of_another_time_or_amount_is_not_taken_for_it(
        self, venue: WholeVenue, sends: Sends
    ) -> None:
        asked = await sends()
        await venue.withdraw(asked)
        for other in (
            replace(asked, amount=Decimal("0.51")),
            replace(asked, sent_at=asked.sent_at + timedelta(minutes=5)),
            replace(asked, sent_at=asked.sent_at - timedelta(minutes=5)),
        ):
            assert await venue.look_up_withdrawal(other) is None

    async def test_money_goes_to_listed_addresses_only(self, venue: WholeVenue, sends: Sends) -> None:
        asked = await sends()
        for other in (replace(asked, address=f"ltc1q{new_id().hex}"), replace(asked, tag="7")):
            with pytest.raises(Never) as refusal:
                await venue.withdraw(other)
            assert refusal.value.code == "not_listed"


async def _resting(venue: Venue, client_order_id: str) -> None:
    """Put an order into the book that nobody will fill; the port itself places market orders only."""
    assert isinstance(venue, Kraken)
    await venue.rates([BTC])
    asked = {"pair": "XBTEUR", "type": "buy", "ordertype": "limit", "volume": "0.01", "oflags": "fciq"}
    raw = await venue._calls.client.private_post_addorder(
        asked | {"price": "1000.00", "cl_ord_id": client_order_id}
    )
    assert len(raw["result"]["txid"]) == 1
