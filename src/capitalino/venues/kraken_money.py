"""Money that comes to us and leaves us through Kraken."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from capitalino.kit.clock import Clock
from capitalino.venues.asking import check_client_id, read
from capitalino.venues.kraken_calls import Calls
from capitalino.venues.kraken_money_replies import (
    AddressReply,
    DepositReply,
    DepositsReply,
    FeeReply,
    ListedReply,
    MethodReply,
    SentReply,
    WithdrawalReply,
    WithdrawalsReply,
)
from capitalino.venues.kraken_names import MAIN_METHODS, kraken_asset, whole_seconds
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

ARRIVES_WITHIN = timedelta(seconds=10)
"""Kraken knows no deadline for money that leaves, so we keep one ourselves."""
SLACK, SEEN_WITHIN = timedelta(seconds=30), timedelta(minutes=2)
"""What was sent at an instant is listed with a time so much before or after it at most."""
METHODS = TypeAdapter(tuple[MethodReply, ...])
ADDRESSES = TypeAdapter(tuple[AddressReply, ...])
LISTED = TypeAdapter(tuple[ListedReply, ...])


class KrakenMoney:
    """Keeps `port.Receiving` and `port.Withdrawing`."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock

    async def deposit_address(self, asset: str, network: str | None = None) -> DepositAddress:
        """Our address for an asset. Its network is what Kraken calls a method, such as `Ether (Hex)`."""
        name = kraken_asset(asset)
        raw = await self._calls.ask("private_post_depositmethods", {"asset": name})
        methods = [row.method for row in read(lambda: METHODS.validate_python(raw))]
        method = network or (methods[0] if len(methods) == 1 else MAIN_METHODS.get(asset))
        if method not in methods:
            # Which of several is meant is not ours to guess: what is sent by another one is lost.
            raise Never("no_method", f"{asset} cannot be deposited so")
        for more in ({}, {"new": "true"}):
            asked = {"asset": name, "method": method} | more
            made = await self._calls.ask("private_post_depositaddresses", asked)
            for row in read(partial(ADDRESSES.validate_python, made)):
                if row.is_good_at(self._clock.now()):
                    return DepositAddress(asset, method, row.address, row.tag or row.memo or "")
        raise Again("no_address", f"Kraken has no address for {asset}")

    async def deposits(self, since: datetime) -> tuple[Deposit, ...]:
        """What arrived since, oldest first. A deposit is listed again when its state has changed."""
        first, found, cursor = whole_seconds(since), list[DepositReply](), "true"
        while cursor:
            raw = await self._calls.ask("private_post_depositstatus", {"start": first, "cursor": cursor})
            page = read(partial(DepositsReply.model_validate, raw))
            found += page.deposits
            cursor = (page.next_cursor or "") if page.deposits else ""
        rows = once(found, lambda row: row.refid)
        arrived = [row.deposit() for row in rows if row.time >= first]
        return tuple(sorted(arrived, key=lambda deposit: deposit.at))

    async def withdraw(self, asked: Withdraw) -> Withdrawal:
        """Send money, once. Again, Never: it does not go. Unknown: look up, never send it again.

        Kraken sends to addresses only that a person has listed there, and takes its fee out of the amount.
        """
        check_client_id(asked.client_id)
        listed = await self._listed(asked)
        form: dict[str, Any] = {"asset": kraken_asset(asked.asset), "key": listed.key}
        told = await self._calls.ask("private_post_withdrawinfo", form | {"amount": f"{asked.amount:f}"})
        fee = read(lambda: FeeReply.model_validate(told)).fee
        if self._clock.now() - asked.sent_at > ARRIVES_WITHIN:
            raise Again("late", "it was to be sent too long ago")
        # With the address, Kraken checks that it is the one of this name.
        form |= {"amount": f"{asked.amount + fee:f}", "address": asked.address}
        raw = await self._calls.ask("private_post_withdraw", form, changes=True)
        refid = read(lambda: SentReply.model_validate(raw).refid, changes=True)
        return Withdrawal(
            asked.client_id,
            refid,
            asked.asset,
            listed.method,
            asked.amount,
            fee,
            asked.address,
            asked.tag,
            "",
            WithdrawalState.PENDING,
            asked.sent_at,
        )

    async def look_up_withdrawal(self, asked: Withdraw, *, others: Collection[str] = ()) -> Withdrawal | None:
        """What became of it, or nothing when Kraken does not know it (yet).

        Kraken keeps no id of ours, so it is the one that went at that time, so much, to that address. Two
        that could be it are for a person to judge: to take one for it could hide that money left twice.
        """
        begin, end = asked.sent_at - SLACK, asked.sent_at + SEEN_WITHIN
        rows = await self._since(begin)
        found = [
            row.withdrawal()
            for row in rows
            if row.refid not in others and row.info == asked.address and row.at <= end
        ]
        found = [one for one in found if (one.asset, one.amount) == (asked.asset, asked.amount)]
        if len(found) > 1:
            raise Again("ambiguous", f"{len(found)} withdrawals could be this one")
        return replace(found[0], client_id=asked.client_id, tag=asked.tag) if found else None

    async def withdrawals(self, since: datetime) -> tuple[Withdrawal, ...]:
        """What was sent since, oldest first. A withdrawal is listed again when its state has changed."""
        found = [row.withdrawal() for row in await self._since(since)]
        return tuple(sorted(found, key=lambda one: one.at))

    async def _since(self, since: datetime) -> tuple[WithdrawalReply, ...]:
        first, found, cursor = whole_seconds(since), list[WithdrawalReply](), "true"
        while cursor:
            raw = await self._calls.ask("private_post_withdrawstatus", {"start": first, "cursor": cursor})
            page = read(partial(WithdrawalsReply.model_validate, raw))
            found += page.withdrawals
            cursor = (page.next_cursor or "") if page.withdrawals else ""
        return tuple(row for row in once(found, lambda row: row.refid) if row.time >= first)

    async def _listed(self, asked: Withdraw) -> ListedReply:
        """The address as a person has listed it, which gave it a name."""
        raw = await self._calls.ask("private_post_withdrawaddresses", {"asset": kraken_asset(asked.asset)})
        for row in read(lambda: LISTED.validate_python(raw)):
            is_it = (row.address, row.tag or row.memo or "") == (asked.address, asked.tag)
            if is_it and row.verified and asked.network in {"", row.method}:
                return row
        raise Never("not_listed", f"this address of {asked.asset} is not listed at Kraken")
