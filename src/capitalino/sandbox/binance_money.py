"""Binance's calls about money that comes and goes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from capitalino.sandbox.binance_asked import Answered, Asked, whole
from capitalino.sandbox.binance_shapes import deposit, withdrawal
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import NETWORKS, default_network
from capitalino.sandbox.refusals import Refusal, missing
from capitalino.sandbox.withdrawals import NotSent, Out, Why, amount_of, network_of

CAPITAL = "/sapi/v1/capital/"
ROWS_MOST = 1000
BY_OUR_ID_MS = timedelta(days=7) // timedelta(milliseconds=1)
"""So far back, and over such a span, is looked for one of our ids; whatever is older is not found."""
SPAN_MS = timedelta(days=90) // timedelta(milliseconds=1)
REASONS = {
    Why.ASSET: (-4018, "We don't have this asset."),
    Why.ADDRESS: (-4033, "Illegal address."),
    Why.AMOUNT: (-4021, "Asset withdrawal must be an {step} multiple of {step}."),
    Why.LEAST: (-4022, "Not less than the minimum pick-up quantity {least}."),
    Why.FUNDS: (-4026, "You have insufficient balance."),
}
# Binance's documentation does not say how it refuses this one.
SENT_BEFORE = Refusal(-4115, "Duplicated client tran id.")


class BinanceMoney:
    """Every call is one small function from its parameters to an answer."""

    def __init__(self, market: Market, desk: Desk) -> None:
        self._market = market
        self._deposits = desk.deposits
        self._withdrawals = desk.withdrawals

    def calls(self) -> list[tuple[str, str, str, Answered]]:
        """Method, path, the operation's name for faults, and who answers."""
        return [
            ("GET", CAPITAL + "deposit/address", "deposit_address", self._address),
            ("GET", CAPITAL + "deposit/hisrec", "deposits", self._arrived),
            ("POST", CAPITAL + "withdraw/apply", "withdraw", self._send),
            ("GET", CAPITAL + "withdraw/history", "withdrawals", self._sent),
        ]

    def _address(self, asked: Asked) -> dict[str, str]:
        asset, name = asked.get("coin", ""), asked.get("network")
        named = (network for network in NETWORKS if (network.asset, network.network) == (asset, name))
        network = next(named, None) if name else default_network(asset)
        if network is None:
            raise Refusal(-4018, "coin does not exist")
        return {"address": network.address, "coin": asset, "tag": "", "url": ""}

    def _arrived(self, asked: Asked) -> list[dict[str, Any]]:
        start, end = whole(asked, "startTime") or 0, whole(asked, "endTime") or self._market.now_ms()
        rows = [row for row in self._deposits.listed(asked.get("coin")) if start <= row["arrived_ms"] <= end]
        wanted = [row for row in rows if asked.get("status") in {None, str(row["credited"])}]
        return [deposit(row) for row in _page(wanted, asked)]

    def _send(self, asked: Asked) -> dict[str, str]:
        """The fee is taken out of the amount that is asked for."""
        name = asked.get("withdrawOrderId", "")
        if name and self._withdrawals.sent_as(name):
            raise SENT_BEFORE
        if not asked.get("address"):
            raise missing("address")
        try:
            network = network_of(asked.get("coin", ""), asked.get("network", ""))
            arrives = amount_of(asked.get("amount", "")) - Decimal(network.fee)
            out = Out(name, network, arrives, asked["address"], asked.get("addressTag", ""))
            return {"id": withdrawal_name(self._withdrawals.send(out)["withdrawal_id"])}
        except NotSent as refused:
            raise _said(refused) from None

    def _sent(self, asked: Asked) -> list[dict[str, Any]]:
        name, now = asked.get("withdrawOrderId"), self._market.now_ms()
        span = BY_OUR_ID_MS if name else SPAN_MS
        start, end = whole(asked, "startTime"), whole(asked, "endTime")
        if start is None:
            start = (end or now) - span
        end = start + span if end is None else end
        if end - start > span:
            raise Refusal(-1127, "The query time range is too wide.")
        rows = self._withdrawals.sent_as(name) if name else self._withdrawals.listed(asked.get("coin"))
        wanted = [row for row in rows if start <= row["asked_ms"] <= end]
        shown = [
            withdrawal(row, withdrawal_name(row["withdrawal_id"]), is_sent=self._withdrawals.is_sent(row))
            for row in _page(wanted, asked)
        ]
        return [row for row in shown if asked.get("status") in {None, str(row["status"])}]


def withdrawal_name(number: int) -> str:
    """Binance's id of a withdrawal."""
    return f"b6ae22b3aa844210{number:016x}"


def _page(rows: list[Any], asked: Asked) -> list[Any]:
    offset, limit = whole(asked, "offset") or 0, min(whole(asked, "limit") or ROWS_MOST, ROWS_MOST)
    return rows[offset : offset + limit]


def _said(refused: NotSent) -> Refusal:
    code, text = REASONS[refused.why]
    network = refused.network
    step = f"{Decimal(1).scaleb(-network.decimals):f}" if network else "0.00000001"
    return Refusal(code, text.format(step=step, least=network.least if network else "0"))
