"""Binance keeps the promises of a venue, against the sandbox that speaks its protocol."""

from decimal import Decimal

import pytest
from pydantic import SecretStr

from capitalino.kit.ids import new_id
from capitalino.venues import VenueSettings, WholeVenue, open_venue
from capitalino.venues.binance import Binance
from capitalino.venues.circuits import OPEN, Group
from capitalino.venues.guarded import Guarded
from capitalino.venues.one_host import OnlyHost
from capitalino.venues.port import Again, Never, OrderState, Unknown, Venue
from tests.contract.venues.behaviour import BTC, TIMEOUT_MS, VenueBehaviour, order
from tests.contract.venues.withdrawing import LONG_AGO, Sends, sent_times
from tests.support.keeper import free_port
from tests.support.sandbox import Sandbox


class TestBinance(VenueBehaviour):
    """The behaviour of every venue, and what is Binance's own."""

    throttled_code = "-1003"
    without_funds = "-4026"

    @pytest.fixture
    def fresh_venue(self, sandbox: Sandbox) -> WholeVenue:
        return open_venue("binance", VenueSettings(sandbox.venue_url, timeout_ms=TIMEOUT_MS))

    async def test_a_wrong_key_is_a_definite_refusal(self, sandbox: Sandbox) -> None:
        settings = VenueSettings(sandbox.venue_url, api_key=SecretStr("another"))
        async with open_venue("binance", settings) as venue:
            with pytest.raises(Never) as refusal:
                await venue.place(order())
        assert refusal.value.code == "-2015"

    async def test_who_is_banned_for_asking_too_often_stays_away_for_as_long(
        self, venue: Venue, sandbox: Sandbox
    ) -> None:
        """418: going on would make it longer, so no group of its operations is asked."""
        guarded = Guarded(venue)
        await sandbox.fail("ticker", "shut_out", edge=418, retry_after_s=120, times=1)
        with pytest.raises(Again) as refusal:
            await guarded.rates([BTC])
        assert (refusal.value.code, refusal.value.retry_after_s) == ("418", 120)
        with pytest.raises(Again) as refusal:
            await guarded.place(order())
        assert refusal.value.code == OPEN
        assert 100 < guarded.circuits.wait_s(Group.RECEIVING) <= 120

    async def test_a_wrong_secret_is_a_definite_refusal(self, sandbox: Sandbox) -> None:
        settings = VenueSettings(sandbox.venue_url, secret=SecretStr("another"))
        async with open_venue("binance", settings) as venue:
            with pytest.raises(Never) as refusal:
                await venue.balances()
        assert refusal.value.code == "-1022"

    async def test_an_order_that_found_nobody_was_not_placed(self, sandbox: Sandbox) -> None:
        async with open_venue("binance", VenueSettings(f"http://127.0.0.1:{free_port()}/binance")) as venue:
            with pytest.raises(Again) as trouble:
                await venue.look_up(BTC, new_id().hex)
        assert trouble.value.code == "unreachable"

    async def test_a_clock_out_of_step_is_put_right_for_the_next_call(self, venue: Venue) -> None:
        assert isinstance(venue, Binance)
        await venue.rates([BTC])
        venue._calls.client.options["timeDifference"] = 60_000
        with pytest.raises(Again) as refusal:
            await venue.place(order())
        assert refusal.value.code == "-1021"
        assert (await venue.place(order())).state is OrderState.FILLED

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
        with pytest.raises(Unknown):
            await venue.place(asked)
        found = await venue.look_up(BTC, asked.client_order_id)
        assert found is not None
        assert found.state is OrderState.OPEN
        await venue.cancel(BTC, asked.client_order_id)

    async def test_no_other_host_is_reached_than_the_stand_in(self) -> None:
        resolver = OnlyHost("localhost")
        with pytest.raises(OSError, match="not the venue's stand-in"):
            await resolver.resolve("api.binance.com", 443)
        found = await resolver.resolve("localhost", 80)
        assert {entry["host"] for entry in found} <= {"127.0.0.1", "::1"}

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
            '[{"coin": "LTC", "networkList": [{"network": "LTC", "isDefault": true, "withdraw'
            'Enable": false, "withdrawFee": "0.0001", "withdrawIntegerMultiple": "0.00000001"'
            "}]}]"
        )
        await sandbox.fail("assets", "garbage_200", body=body)
        with pytest.raises(Again) as refusal:
            await venue.withdraw(asked)
        assert refusal.value.code == "suspended"
        await sandbox.heal()
        assert (await venue.withdraw(asked)).amount == asked.amount

    async def test_more_withdrawals_than_a_page_are_all_listed(self, venue: WholeVenue, sends: Sends) -> None:
        assert isinstance(venue, Binance)
        venue.rows_a_page = 2
        sent = {(await venue.withdraw(await sends())).venue_withdrawal_id for _ in range(3)}
        listed = [row.venue_withdrawal_id for row in await venue.withdrawals(LONG_AGO)]
        assert sent <= set(listed)
        assert len(listed) == len(set(listed))


async def _resting(venue: Venue, client_order_id: str) -> None:
    """Put an order into the book that nobody will fill; the port itself places market orders only."""
    assert isinstance(venue, Binance)
    await venue.rates([BTC])
    asked = {"symbol": "BTCEUR", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    raw = await venue._calls.client.private_post_order(
        asked | {"price": "1000.00", "newClientOrderId": client_order_id}
    )
    assert raw["status"] == "NEW"
