"""Money that comes to us and leaves us through OKX."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from capitalino.kit.clock import Clock
from capitalino.venues.asking import check_client_id, read
from capitalino.venues.okx_calls import Calls
from capitalino.venues.okx_money_replies import (
    AddressReply,
    CurrencyReply,
    DepositReply,
    TakenReply,
    WithdrawalReply,
)
from capitalino.venues.okx_replies import only_row, rows
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

ARRIVES_WITHIN = timedelta(seconds=10)
"""OKX knows a deadline for orders only, so for money that leaves we keep one ourselves."""
ON_CHAIN = "4"
L = TypeVar("L", DepositReply, WithdrawalReply)


class OkxMoney:
    """Keeps `port.Receiving` and `port.Withdrawing`."""

    rows_a_page = 100
    """The most of fills, deposits or withdrawals that OKX lists at once."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock

    async def deposit_address(self, asset: str, network: str | None = None) -> DepositAddress:
        """Our address for an asset; of several, the one that is selected at OKX."""
        raw = await self._calls.ask("private_get_asset_deposit_address", {"ccy": asset})
        found = [(row.selected, row.address()) for row in read(lambda: rows(AddressReply, raw))]
        if any(address.asset != asset for _, address in found):
            raise Again("garbage", "an address of another asset")
        wanted = [pair for pair in found if network in {None, pair[1].network}]
        if not wanted:
            raise Never("no_address", f"{asset} has no address there on this network")
        return max(wanted, key=lambda pair: pair[0])[1]

    async def deposits(self, since: datetime) -> tuple[Deposit, ...]:
        """What arrived since, oldest first. A deposit is listed again when its state has changed."""
        found = await self._listed("private_get_asset_deposit_history", DepositReply, since)
        return tuple(sorted((row.deposit() for row in found), key=lambda one: one.at))

    async def withdraw(self, asked: Withdraw) -> Withdrawal:
        """Send money, once. Again, Never: it does not go. Unknown: look up, never send it again.

        OKX takes its fee on top of the amount, from the account for funding.
        """
        check_client_id(asked.client_id)
        currency = await self._currency(asked.asset, asked.network)
        if self._clock.now() - asked.sent_at > ARRIVES_WITHIN:
            raise Again("late", "it was to be sent too long ago")
        form = {
            "ccy": asked.asset,
            "amt": f"{asked.amount:f}",
            "dest": ON_CHAIN,
            "toAddr": f"{asked.address}:{asked.tag}" if asked.tag else asked.address,
            "chain": currency.chain,
            "clientId": asked.client_id,
        }
        raw = await self._calls.ask("private_post_asset_withdrawal", form, changes=True)
        taken = read(lambda: _ours(raw, asked.client_id), changes=True)
        return Withdrawal(
            asked.client_id,
            taken.wdId,
            asked.asset,
            currency.network,
            asked.amount,
            currency.fee,
            asked.address,
            asked.tag,
            "",
            WithdrawalState.PENDING,
            asked.sent_at,
        )

    async def look_up_withdrawal(self, asked: Withdraw, *, others: Collection[str] = ()) -> Withdrawal | None:
        """What became of it, or nothing when OKX does not know it (yet)."""
        del others  # OKX keeps our id.
        raw = await self._calls.ask("private_get_asset_withdrawal_history", {"clientId": asked.client_id})
        found = read(lambda: once(rows(WithdrawalReply, raw), lambda row: row.wdId))
        if not found:
            return None
        if len(found) > 1 or found[0].clientId != asked.client_id:
            raise Again("garbage", "another withdrawal, or two of one id")
        return read(found[0].withdrawal)

    async def withdrawals(self, since: datetime) -> tuple[Withdrawal, ...]:
        """What was sent since, oldest first. A withdrawal is listed again when its state has changed."""
        found = await self._listed("private_get_asset_withdrawal_history", WithdrawalReply, since)
        return tuple(sorted((row.withdrawal() for row in found), key=lambda one: one.at))

    async def _listed(self, call: str, shape: type[L], since: datetime) -> list[L]:
        """All rows since an instant, page by page from the newest on."""
        found: dict[str, L] = {}
        asked: dict[str, Any] = {"before": millis(since) - 1, "limit": self.rows_a_page}
        while True:
            raw = await self._calls.ask(call, dict(asked))
            page = read(partial(rows, shape, raw))
            known = len(found)
            found |= {row.name: row for row in page}
            if len(page) < self.rows_a_page:
                return list(found.values())
            if len(found) == known:
                raise Again("garbage", "the same page of a list twice")
            # One millisecond later, for others may have come at the same time as the oldest of this page.
            asked["after"] = min(row.ts for row in page) + 1

    async def _currency(self, asset: str, network: str) -> CurrencyReply:
        """What it costs to send an asset by a network; of several the main one, when none is named."""
        raw = await self._calls.ask("private_get_asset_currencies", {"ccy": asset})
        found = read(lambda: rows(CurrencyReply, raw))
        meant = [
            row for row in found if row.ccy == asset and (row.network == network if network else row.mainNet)
        ]
        if not meant:
            raise Never("not_sent", f"{asset} is not sent from there by this network")
        if not meant[0].canWd:
            raise Again("suspended", f"{asset} is not sent from there just now")
        return meant[0]


def _ours(raw: Any, client_id: str) -> TakenReply:
    found = only_row(TakenReply, raw)
    if found.clientId != client_id:
        raise ValueError("another withdrawal")
    return found
