"""OKX keeps the promises of a venue, against the sandbox that speaks its protocol."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import aiohttp
import pytest
from pydantic import SecretStr

from capitalino.kit.ids import new_id
from capitalino.venues import VenueSettings, WholeVenue, open_venue
from capitalino.venues.okx import Okx
from capitalino.venues.port import Again, Never, OrderState, Side, Unknown, Venue, VenueTrouble
from tests.contract.venues.behaviour import BTC, LONG_AGO, TIMEOUT_MS, VenueBehaviour, order
from tests.contract.venues.withdrawing import Sends, sent_times
from tests.support.clock import SettableClock
from tests.support.keeper import free_port
from tests.support.sandbox import Sandbox


class TestOkx(VenueBehaviour):
    """The behaviour of every venue, and what is OKX's own."""

    tells_least_worth = False
    tells_tags = False
    throttled_code = "50011"
    without_funds = "58350"

    @pytest.fixture
    def fresh_venue(self, sandbox: Sandbox) -> WholeVenue:
        return open_venue("okx", VenueSettings(sandbox.okx_url, timeout_ms=TIMEOUT_MS))

    @pytest.mark.parametrize(
        ("wrong", "code"), [("api_key", "50111"), ("passphrase", "50105"), ("secret", "50113")]
    )
    async def test_a_wrong_key_passphrase_or_secret_is_a_definite_refusal(
        self, sandbox: Sandbox, wrong: str, code: str
    ) -> None:
        right = VenueSettings(sandbox.okx_url)
        settings = replace(right, **{wrong: SecretStr("another")})  # type: ignore[arg-type]
        async with open_venue("okx", settings) as venue:
            with pytest.raises(Never) as refusal:
                await venue.place(order())
        assert refusal.value.code == code

    async def test_an_order_that_found_nobody_was_not_placed(self) -> None:
        async with open_venue("okx", VenueSettings(f"http://127.0.0.1:{free_port()}/okx")) as venue:
            with pytest.raises(Again) as trouble:
                await venue.look_up(BTC, new_id().hex)
        assert trouble.value.code == "unreachable"

    async def test_a_clock_out_of_step_is_put_right_for_the_next_call(self, venue: Venue) -> None:
        assert isinstance(venue, Okx)
        await venue.place(order())
        venue._calls.client.options["timeDifference"] = 60_000
        with pytest.raises(Again) as refusal:
            await venue.place(order())
        assert refusal.value.code == "50102"
        assert (await venue.place(order())).state is OrderState.FILLED

    async def test_an_order_is_not_sent_before_the_clocks_were_compared(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        asked = order()
        await sandbox.fail("time", "5xx")
        with pytest.raises(Again):
            await venue.place(asked)
        assert await venue.look_up(BTC, asked.client_order_id) is None
        await sandbox.heal()
        assert (await venue.place(asked)).state is OrderState.FILLED

    async def test_an_order_past_its_deadline_is_refused_with_the_code_for_it(self, venue: Venue) -> None:
        with pytest.raises(Again) as refusal:
            await venue.place(order(sent_at=datetime.now(UTC) - timedelta(seconds=11)))
        assert refusal.value.code == "50036"

    async def test_a_purchase_is_measured_in_the_base_asset(self, venue: Venue) -> None:
        placed = await venue.place(order("12", Side.BUY))
        assert (placed.amount, placed.filled) == (Decimal(12), Decimal(12))

    async def test_a_fee_that_was_charged_is_more_than_nothing(self, venue: Venue) -> None:
        bought, sold = await venue.place(order("0.02", Side.BUY)), await venue.place(order("0.02"))
        assert bought.fee("BTC") > 0
        assert bought.fee("EUR") == 0
        assert sold.fee("EUR") > 0
        assert sold.fee("BTC") == 0

    async def test_the_refusal_of_an_order_has_the_code_of_its_row(self, venue: Venue) -> None:
        for amount, code in (("5000", "51008"), ("0.00001", "51020")):
            with pytest.raises(Never) as refusal:
                await venue.place(order(amount))
            assert refusal.value.code == code

    async def test_what_became_of_an_order_that_was_taken_in_may_stay_unknown(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        asked = order()
        await sandbox.fail("look_up", "5xx")
        with pytest.raises(Unknown):
            await venue.place(asked)
        await sandbox.heal()
        found = await venue.look_up(BTC, asked.client_order_id)
        assert found is not None
        assert found.state is OrderState.FILLED

    async def test_what_became_of_an_order_is_looked_at_again(self, venue: Venue, sandbox: Sandbox) -> None:
        await sandbox.fail("fills", "garbage_200", body='{"code": "0", "msg": "", "data": []}', times=2)
        assert (await venue.place(order())).state is OrderState.FILLED

    async def test_all_fills_of_an_order_are_read_page_by_page(self, venue: Venue) -> None:
        assert isinstance(venue, Okx)
        venue.rows_a_page = 2
        placed = await venue.place(order("60", Side.BUY))
        assert len(placed.fills) > 3
        prices = [fill.price for fill in placed.fills]
        assert prices == sorted(prices), "oldest first"

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("50011", Again),
            ("50061", Again),
            ("50004", Unknown),
            ("50013", Unknown),
            ("51149", Unknown),
            ("51016", Unknown),
            ("51155", Never),
            ("58350", Never),
        ],
    )
    async def test_a_refusal_that_comes_with_200_is_judged_by_its_code(
        self, venue: Venue, sandbox: Sandbox, code: str, kind: type[VenueTrouble]
    ) -> None:
        body = f'{{"code": "{code}", "msg": "No.", "data": []}}'
        await sandbox.fail("place", "garbage_200", body=body)
        with pytest.raises(kind) as trouble:
            await venue.place(order())
        assert trouble.value.code == code

    async def test_an_order_whose_row_says_no_in_a_happy_answer_is_unknown(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        asked = order()
        row = f'{{"clOrdId": "{asked.client_order_id}", "ordId": "", "sCode": "51008", "sMsg": "No."}}'
        await sandbox.fail("place", "garbage_200", body=f'{{"code": "0", "msg": "", "data": [{row}]}}')
        with pytest.raises(Unknown):
            await venue.place(asked)

    async def test_an_open_order_is_cancelled(self, venue: Venue) -> None:
        client_id = new_id().hex
        await _resting(venue, client_id)
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
        with pytest.raises(Unknown) as trouble:
            await venue.place(asked)
        assert trouble.value.code == "51016"
        found = await venue.look_up(BTC, asked.client_order_id)
        assert found is not None
        assert found.state is OrderState.OPEN
        await venue.cancel(BTC, asked.client_order_id)

    async def test_an_order_of_another_exchange_is_not_seen(self, venue: Venue, sandbox: Sandbox) -> None:
        asked = order()
        async with open_venue("binance", VenueSettings(sandbox.venue_url)) as other:
            there = await other.place(asked)
            assert await venue.look_up(BTC, asked.client_order_id) is None
            here = await venue.place(asked)
            assert await other.look_up(BTC, asked.client_order_id) == there
        assert await venue.look_up(BTC, asked.client_order_id) == here

    async def test_fills_of_long_ago_are_read_from_the_history(self, sandbox: Sandbox) -> None:
        clock = SettableClock(datetime.now(UTC) + timedelta(days=3))
        async with open_venue("okx", VenueSettings(sandbox.okx_url), clock) as venue:
            placed = await venue.place(order())
        assert placed.state is OrderState.FILLED
        assert (await sandbox.state())["calls"]["old_fills"]

    async def test_okx_itself_measures_a_purchase_in_the_quote_asset(self, venue: Venue) -> None:
        assert isinstance(venue, Okx)
        await venue.rates([BTC])
        asked = {"instId": "BTC-EUR", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "1000"}
        taken = await venue._calls.client.private_post_trade_order(asked | {"clOrdId": new_id().hex})
        raw = await venue._calls.client.private_get_trade_order(
            {"instId": "BTC-EUR", "ordId": taken["data"][0]["ordId"]}
        )
        assert Decimal(raw["data"][0]["accFillSz"]) < 1
        with pytest.raises(Again):
            await venue.look_up(BTC, raw["data"][0]["clOrdId"])

    async def test_an_id_with_dashes_is_refused_by_okx_and_not_by_its_client(self, venue: Venue) -> None:
        with pytest.raises(Exception, match="Parameter clOrdId error"):
            await _resting(venue, str(new_id()))

    async def test_an_id_with_dashes_is_our_own_mistake(self, venue: Venue) -> None:
        with pytest.raises(AssertionError):
            await venue.place(replace(order(), client_order_id=str(new_id())))

    async def test_days_begin_at_midnight_in_utc(self, venue: Venue) -> None:
        (candle,) = await venue.candles(BTC, "1d", limit=1)
        assert candle.at == datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    async def test_more_candles_than_a_page_are_read_without_a_gap(self, venue: Venue) -> None:
        candles = await venue.candles(BTC, "15m", limit=700)
        assert len(candles) == 700
        assert all(later.at - earlier.at == timedelta(minutes=15) for earlier, later in pairwise(candles))

    async def test_old_candles_are_read_from_the_history(self, venue: Venue, sandbox: Sandbox) -> None:
        since = datetime.now(UTC) - timedelta(days=100)
        candles = await venue.candles(BTC, "1h", since=since, limit=1000)
        assert since <= candles[0].at < since + timedelta(hours=1)
        assert len(candles) == 1000
        assert candles[-1].at - candles[0].at == timedelta(hours=999)

    async def test_candles_from_before_a_pair_was_listed_begin_when_it_was(self, venue: Venue) -> None:
        candles = await venue.candles(BTC, "1d", since=datetime(2010, 1, 1, tzinfo=UTC), limit=10)
        assert len(candles) == 10

    async def test_an_address_is_that_of_the_network_that_is_asked_for(self, venue: Venue) -> None:
        found = await venue.deposit_address("USDT", "ETH")
        assert (found.asset, found.network) == ("USDT", "ETH")
        with pytest.raises(Never):
            await venue.deposit_address("USDT", "TRC20")
        with pytest.raises(Never):
            await venue.deposit_address("XXX")

    async def test_more_deposits_than_a_page_are_all_listed(self, venue: Venue, sandbox: Sandbox) -> None:
        assert isinstance(venue, Okx)
        venue.rows_a_page = 4
        sent = {(await sandbox.deposit("LTC", "0.5", venue="okx"))["txId"] for _ in range(7)}
        listed = [row.chain_id for row in await venue.deposits(LONG_AGO)]
        assert sent <= set(listed)
        assert len(listed) == len(set(listed))

    async def test_the_stream_answers_the_heartbeat_that_okx_has(self, sandbox: Sandbox) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{sandbox.okx_url}/ws/v5/public") as socket,
        ):
            await socket.send_str("ping")
            assert await socket.receive_str() == "pong"
            await socket.send_json({"op": "subscribe", "args": [{"channel": "tickers", "instId": "BTC-XXX"}]})
            assert (await socket.receive_json())["code"] == "60018"
            await socket.send_str("subscribe")
            assert (await socket.receive_json())["code"] == "60012"

    async def test_a_second_withdrawal_under_one_id_is_looked_up_and_does_not_leave(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        taken = await venue.withdraw(asked)
        with pytest.raises(Unknown):
            await venue.withdraw(asked)
        assert await sent_times(sandbox, asked, venue) == 1
        found = await venue.look_up_withdrawal(asked)
        assert found is not None
        assert found.venue_withdrawal_id == taken.venue_withdrawal_id

    async def test_what_is_not_sent_just_now_may_be_sent_later(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        body = (
            '{"code": "0", "msg": "", "data": [{"ccy": "LTC", "chain": "LTC-Litecoin", "canWd'
            '": false, "fee": "0.0001", "mainNet": true}]}'
        )
        await sandbox.fail("assets", "garbage_200", body=body)
        with pytest.raises(Again) as refusal:
            await venue.withdraw(asked)
        assert refusal.value.code == "suspended"
        await sandbox.heal()
        assert (await venue.withdraw(asked)).amount == asked.amount

    async def test_more_withdrawals_than_a_page_are_all_listed(self, venue: WholeVenue, sends: Sends) -> None:
        assert isinstance(venue, Okx)
        venue.rows_a_page = 2
        sent = {(await venue.withdraw(await sends())).venue_withdrawal_id for _ in range(3)}
        listed = [row.venue_withdrawal_id for row in await venue.withdrawals(LONG_AGO)]
        assert sent <= set(listed)
        assert len(listed) == len(set(listed))


async def _resting(venue: Venue, client_order_id: str) -> None:
    """Put an order into the book that nobody will fill; the port itself places market orders only."""
    assert isinstance(venue, Okx)
    await venue.rates([BTC])
    asked = {"instId": "BTC-EUR", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01"}
    raw = await venue._calls.client.private_post_trade_order(
        asked | {"px": "1000", "clOrdId": client_order_id}
    )
    assert raw["data"][0]["sCode"] == "0"
