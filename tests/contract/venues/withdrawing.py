"""What every venue promises about money that leaves us; part of the behaviour of every venue."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capitalino.kit.ids import new_id
from capitalino.venues import WholeVenue
from capitalino.venues.port import Again, Never, Unknown, Withdraw, WithdrawalState
from tests.support.sandbox import Sandbox

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LOST: tuple[tuple[str, dict[str, Any]], ...] = (
    ("executed_then_dropped", {}),
    ("5xx", {"executed": True, "status": 504}),
    ("garbage_200", {"executed": True}),
    ("garbage_200", {"executed": True, "body": "{}"}),
)
"""How an answer is lost although the money left."""
Sends = Callable[..., Awaitable[Withdraw]]


async def sent_times(sandbox: Sandbox, asked: Withdraw, venue: WholeVenue) -> int:
    """How often it left."""
    rows = (await sandbox.state())["withdrawals"][venue.name]
    return sum(row["address"] == asked.address for row in rows)


async def free(venue: WholeVenue, asset: str) -> Decimal:
    """What may be spent there."""
    return next(balance.free for balance in await venue.balances() if balance.asset == asset)


class WithdrawingBehaviour:
    """Inherited with all the rest; each venue says here what it does otherwise."""

    lists_addresses = False
    """Whether it sends to addresses only that a person has listed there."""
    keeps_our_id = True
    """Whether it tells our id of what it sent."""
    without_funds = ""
    """How it calls it that there is not enough."""

    @pytest.fixture
    def sends(self, sandbox: Sandbox) -> Sends:
        """What is sent to an address of its own, so that it is found among others of before."""

        async def made(amount: str = "0.5", **changed: Any) -> Withdraw:
            # No venue of ours and not the sandbox checks what an address ends with.
            to = f"ltc1q{new_id().hex[-30:]}"
            asked = Withdraw(new_id().hex, "LTC", "", Decimal(amount), to, "", datetime.now(UTC))
            asked = replace(asked, **changed)
            if self.lists_addresses:
                await sandbox.list_address(new_id().hex, asked.asset, asked.address, asked.tag)
            return asked

        return made

    async def test_money_that_leaves_is_pending_and_then_sent(self, venue: WholeVenue, sends: Sends) -> None:
        asked, before = await sends(), await free(venue, "LTC")
        taken = await venue.withdraw(asked)
        assert (taken.client_id, taken.asset, taken.amount) == (asked.client_id, "LTC", asked.amount)
        assert (taken.address, taken.state, taken.chain_id) == (asked.address, WithdrawalState.PENDING, "")
        assert taken.fee > 0
        assert before - await free(venue, "LTC") == asked.amount + taken.fee, "the fee is on top"
        found = taken
        for _ in range(50):
            seen = await venue.look_up_withdrawal(asked)
            assert seen is not None
            found = seen
            if found.state is WithdrawalState.SENT:
                break
            await asyncio.sleep(0.02)
        assert (found.state, len(found.chain_id)) == (WithdrawalState.SENT, 64)
        assert found == replace(taken, state=found.state, chain_id=found.chain_id, at=found.at)
        (listed,) = [row for row in await venue.withdrawals(LONG_AGO) if row.chain_id == found.chain_id]
        assert listed == (found if self.keeps_our_id else replace(found, client_id=""))

    async def test_what_was_never_sent_is_not_found(self, venue: WholeVenue, sends: Sends) -> None:
        assert await venue.look_up_withdrawal(await sends()) is None
        assert await venue.withdrawals(datetime.now(UTC) + timedelta(hours=1)) == ()

    async def test_more_than_there_is_is_refused_in_its_words(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked, before = await sends("19999999"), await free(venue, "LTC")
        with pytest.raises(Never) as refusal:
            await venue.withdraw(asked)
        assert refusal.value.code == self.without_funds
        assert await free(venue, "LTC") == before
        assert await sent_times(sandbox, asked, venue) == 0

    async def test_what_cannot_be_sent_is_refused(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        right = await sends()
        for wrong in (
            replace(right, amount=Decimal("0.123456789")),
            replace(right, amount=Decimal("0.0001")),
            replace(right, asset="EUR"),
            replace(right, network="carrier pigeon"),
            replace(right, address="no address!"),
        ):
            with pytest.raises(Never):
                await venue.withdraw(wrong)
            assert await sent_times(sandbox, wrong, venue) == 0

    async def test_money_whose_answer_is_lost_is_found_and_left_once(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        for fault, rules in LOST:
            asked = await sends()
            sent = (await sandbox.state())["calls"].get("withdraw", 0)
            await sandbox.fail("withdraw", fault, **rules)
            with pytest.raises(Unknown):
                await venue.withdraw(asked)
            await sandbox.heal()
            found = await venue.look_up_withdrawal(asked)
            assert found is not None
            assert (found.client_id, found.amount) == (asked.client_id, asked.amount)
            assert await sent_times(sandbox, asked, venue) == 1
            assert (await sandbox.state())["calls"]["withdraw"] == sent + 1

    async def test_money_that_may_have_left_is_unknown_until_it_is_looked_up(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        await sandbox.fail("withdraw", "never_arrived")
        with pytest.raises(Unknown):
            await venue.withdraw(asked)
        assert await venue.look_up_withdrawal(asked) is None

    async def test_a_throttled_withdrawal_was_not_sent_and_says_when_to_come_back(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        await sandbox.fail("withdraw", "429", retry_after_s=7, times=1)
        with pytest.raises(Again) as refusal:
            await venue.withdraw(asked)
        assert refusal.value.retry_after_s == 7
        assert (await venue.withdraw(asked)).state is WithdrawalState.PENDING
        assert await sent_times(sandbox, asked, venue) == 1

    async def test_what_is_sent_long_after_its_time_is_refused(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends(sent_at=datetime.now(UTC) - timedelta(seconds=11))
        with pytest.raises(Again):
            await venue.withdraw(asked)
        assert await sent_times(sandbox, asked, venue) == 0

    async def test_what_the_venue_refuses_later_is_ours_again(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked, before = await sends(), await free(venue, "LTC")
        await venue.withdraw(asked)
        await sandbox.refuse_withdrawal(venue.name, asked.client_id if self.keeps_our_id else "")
        found = await venue.look_up_withdrawal(asked)
        assert found is not None
        assert (found.state, found.chain_id) == (WithdrawalState.REFUSED, "")
        assert await free(venue, "LTC") == before

    async def test_a_look_up_of_money_that_fails_is_never_taken_for_not_found(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        await venue.withdraw(asked)
        for fault in ("429", "5xx", "never_arrived", "garbage_200"):
            await sandbox.fail("withdrawals", fault)
            for ask in (lambda: venue.look_up_withdrawal(asked), lambda: venue.withdrawals(LONG_AGO)):
                with pytest.raises(Again):
                    await ask()
            await sandbox.heal()

    async def test_what_is_told_twice_left_once(
        self, venue: WholeVenue, sandbox: Sandbox, sends: Sends
    ) -> None:
        asked = await sends()
        await venue.withdraw(asked)
        await sandbox.fail("withdrawals", "duplicate")
        assert await venue.look_up_withdrawal(asked) is not None
        listed = await venue.withdrawals(LONG_AGO)
        assert [row.address for row in listed].count(asked.address) == 1
