"""OKX's calls about money that comes and goes."""

from typing import Any

from capitalino.sandbox import okx_shapes as shapes
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.okx_asked import Answered, Asked, whole
from capitalino.sandbox.okx_refusals import NOT_SENT, SENT_BEFORE, OkxRefusal, wrong
from capitalino.sandbox.pairs import NETWORKS, Network
from capitalino.sandbox.withdrawals import NotSent, Out, Why, amount_of

ROWS_MOST = 100
ON_CHAIN = "4"


class OkxMoney:
    """Every call is one small function from its parameters to the rows of an answer."""

    def __init__(self, desk: Desk) -> None:
        self._deposits = desk.deposits
        self._withdrawals = desk.withdrawals

    def calls(self) -> list[tuple[str, str, str, Answered]]:
        """Method, path, the operation's name for faults, and who answers."""
        return [
            ("GET", "asset/currencies", "assets", self._assets),
            ("GET", "asset/deposit-address", "deposit_address", self._address),
            ("GET", "asset/deposit-history", "deposits", self._arrived),
            ("POST", "asset/withdrawal", "withdraw", self._send),
            ("GET", "asset/withdrawal-history", "withdrawals", self._sent),
        ]

    def _assets(self, asked: Asked) -> list[Any]:
        named = [name for name in asked.get("ccy", "").split(",") if name]
        return [shapes.currency(network) for network in NETWORKS if not named or network.asset in named]

    def _address(self, asked: Asked) -> list[Any]:
        found = [network for network in NETWORKS if network.asset == asked.get("ccy")]
        if not found:
            raise wrong("ccy")
        return [shapes.address(network) for network in found]

    def _arrived(self, asked: Asked) -> list[Any]:
        rows = _of_a_time(self._deposits.listed(asked.get("ccy")), "arrived_ms", asked)
        return [shapes.deposit(row) for row in rows]

    def _send(self, asked: Asked) -> list[Any]:
        """The fee is taken on top of the amount. A tag stands behind the address, after a colon."""
        name, to = asked.get("clientId", ""), asked.get("toAddr", "")
        if asked.get("dest") != ON_CHAIN:
            raise wrong("dest")
        if name and self._withdrawals.sent_as(name):
            raise SENT_BEFORE
        address, _, tag = to.partition(":")
        try:
            network = _network(asked)
            row = self._withdrawals.send(Out(name, network, amount_of(asked.get("amt", "")), address, tag))
        except NotSent as refused:
            raise OkxRefusal(*NOT_SENT[refused.why]) from None
        return [shapes.asked_withdrawal(row)]

    def _sent(self, asked: Asked) -> list[Any]:
        name = asked.get("clientId")
        rows = self._withdrawals.sent_as(name) if name else self._withdrawals.listed(asked.get("ccy"))
        return [
            shapes.withdrawal(row, is_sent=self._withdrawals.is_sent(row))
            for row in _of_a_time(rows, "asked_ms", asked)
        ]


def _network(asked: Asked) -> Network:
    """What is named by `chain`; the usual one when none is named."""
    for network in NETWORKS:
        named = {None, shapes.chain(network.asset, network.network)}
        if network.asset == asked.get("ccy") and asked.get("chain") in named:
            return network
    raise NotSent(Why.ASSET)


def _of_a_time(rows: list[Any], at: str, asked: Asked) -> list[Any]:
    """Newest first: those before `after` and behind `before`, in OKX's odd words."""
    earliest, end = whole(asked, "before") or 0, whole(asked, "after")
    wanted = [row for row in rows if earliest < row[at] and (not end or row[at] < end)]
    return wanted[: min(whole(asked, "limit") or ROWS_MOST, ROWS_MOST)]
