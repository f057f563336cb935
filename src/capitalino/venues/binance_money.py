"""Money that comes to us and leaves us through Binance."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from capitalino.kit.clock import Clock
from capitalino.venues.asking import check_client_id, read
from capitalino.venues.binance_calls import Calls
from capitalino.venues.binance_money_replies import (
    AddressReply,
    AppliedReply,
    AssetReply,
    DepositReply,
    NetworkReply,
    WithdrawalReply,
)
from capitalino.venues.once import once
from capitalino.venues.port import (
    Again,
    Deposit,
    DepositAddress,
    Never,
    Withdraw,
    Withdrawal,
    WithdrawalState,
)
from capitalino.venues.replies import millis

ROWS_A_PAGE = 1000
FEES_KEPT = timedelta(minutes=10)
BY_OUR_ID = timedelta(days=7)
"""Binance looks for one of our ids over no longer a time, and left alone in the last week only."""
SPAN = timedelta(days=90)
SLACK = timedelta(seconds=30)
"""Its clock and ours are never quite the same."""
DEPOSITS = TypeAdapter(tuple[DepositReply, ...])
WITHDRAWALS = TypeAdapter(tuple[WithdrawalReply, ...])
ASSETS = TypeAdapter(tuple[AssetReply, ...])


class BinanceMoney:
    """Keeps `port.Receiving` and `port.Withdrawing`."""

    rows_a_page = ROWS_A_PAGE

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._assets: tuple[datetime, tuple[AssetReply, ...]] | None = None

    async def deposit_address(self, asset: str, network: str | None = None) -> DepositAddress:
        """Our address for an asset."""
        asked = {"coin": asset} if network is None else {"coin": asset, "network": network}
        raw = await self._calls.ask("sapi_get_capital_deposit_address", asked)
        found = read(lambda: AddressReply.model_validate(raw))
        if found.coin != asset:
            raise Again("garbage", "an address of another asset")
        return DepositAddress(asset, network or asset, found.address, found.tag)

    async def deposits(self, since: datetime) -> tuple[Deposit, ...]:
        """What arrived since, oldest first. A deposit is listed again when its state has changed."""
        asked = {"startTime": millis(since)}
        found = await self._pages("sapi_get_capital_deposit_hisrec", asked, DEPOSITS)
        rows = read(lambda: once(found, lambda row: row.id))
        return tuple(sorted((row.deposit() for row in rows), key=lambda deposit: deposit.at))

    async def withdraw(self, asked: Withdraw) -> Withdrawal:
        """Send money, once. Again, Never: it does not go. Unknown: look up, never send it again.

        Binance takes its fee out of the amount, so that is asked for first and added.
        """
        check_client_id(asked.client_id)
        network = await self._network(asked.asset, asked.network)
        if asked.amount % network.withdrawIntegerMultiple:
            raise Never("amount_step", f"{asked.amount} {asked.asset} lies between two steps")
        form = {
            "coin": asked.asset,
            "network": network.network,
            "address": asked.address,
            "amount": f"{asked.amount + network.withdrawFee:f}",
            "withdrawOrderId": asked.client_id,
        }
        form |= {"addressTag": asked.tag} if asked.tag else {}
        raw = await self._calls.ask(
            "sapi_post_capital_withdraw_apply", form, changes=True, sent_at=asked.sent_at
        )
        venue_id = read(lambda: AppliedReply.model_validate(raw).id, changes=True)
        return Withdrawal(
            asked.client_id,
            venue_id,
            asked.asset,
            network.network,
            asked.amount,
            network.withdrawFee,
            asked.address,
            asked.tag,
            "",
            WithdrawalState.PENDING,
            asked.sent_at,
        )

    async def look_up_withdrawal(self, asked: Withdraw, *, others: Collection[str] = ()) -> Withdrawal | None:
        """What became of it, or nothing when Binance does not know it (yet)."""
        del others  # Binance keeps our id.
        begin = asked.sent_at - SLACK
        times = {"startTime": millis(begin), "endTime": millis(begin + BY_OUR_ID)}
        form = {"withdrawOrderId": asked.client_id} | times
        raw = await self._calls.ask("sapi_get_capital_withdraw_history", form)
        rows = read(lambda: once(WITHDRAWALS.validate_python(raw), lambda row: row.id))
        if not rows:
            return None
        return read(lambda: the_one(rows, asked.client_id))

    async def withdrawals(self, since: datetime) -> tuple[Withdrawal, ...]:
        """What was sent since, oldest first, a quarter of a year at a time: more is not told at once."""
        found: list[WithdrawalReply] = []
        begin, now = since, self._clock.now()
        while begin <= now:
            times = {"startTime": millis(begin), "endTime": millis(begin + SPAN) - 1}
            found += await self._pages("sapi_get_capital_withdraw_history", times, WITHDRAWALS)
            begin += SPAN
        rows = read(lambda: once(found, lambda row: row.id))
        return tuple(sorted((row.withdrawal() for row in rows), key=lambda one: one.at))

    async def _pages(
        self, call: str, asked: dict[str, Any], shape: TypeAdapter[tuple[Any, ...]]
    ) -> list[Any]:
        found: list[Any] = []
        while True:
            raw = await self._calls.ask(call, asked | {"offset": len(found), "limit": self.rows_a_page})
            page = read(partial(shape.validate_python, raw))
            found += page
            if len(page) < self.rows_a_page:
                return found

    async def _network(self, asset: str, name: str) -> NetworkReply:
        """What it costs to send an asset by a network; of several the usual one, when none is named."""
        now = self._clock.now()
        if self._assets is None or now - self._assets[0] > FEES_KEPT:
            raw = await self._calls.ask("sapi_get_capital_config_getall", {})
            self._assets = (now, read(lambda: ASSETS.validate_python(raw)))
        networks = [network for row in self._assets[1] if row.coin == asset for network in row.networkList]
        meant = [one for one in networks if (one.network == name if name else one.isDefault)]
        if not meant:
            raise Never("not_sent", f"{asset} is not sent from there by this network")
        if not meant[0].withdrawEnable:
            self._assets = None
            raise Again("suspended", f"{asset} is not sent from there just now")
        return meant[0]


def the_one(rows: tuple[WithdrawalReply, ...], client_id: str) -> Withdrawal:
    """The only one, and ours. Another one, or a second, must pass neither for it nor for `not there`."""
    if len(rows) > 1 or rows[0].withdrawOrderId != client_id:
        raise ValueError("another withdrawal, or two of one id")
    return rows[0].withdrawal()
