"""Coinbase's older calls: accounts, and the money that comes to them and goes from them."""

from typing import Any

from capitalino.sandbox import coinbase_account_shapes as shapes
from capitalino.sandbox.coinbase_account_shapes import CHAINS, Address, account_id
from capitalino.sandbox.coinbase_asked import Answered, Asked
from capitalino.sandbox.coinbase_refusals import NOT_SENT, older
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.pairs import NETWORKS, Network, default_network
from capitalino.sandbox.withdrawals import NotSent, Out, Why, amount_of

ID_MOST = 100


class CoinbaseMoney:
    """Every call is one small function from what is asked to an answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._deposits = desk.deposits
        self._withdrawals = desk.withdrawals
        self._made: set[str] = set()

    def calls(self) -> list[tuple[str, str, str, Answered]]:
        """Method, path, the operation's name for faults, and who answers."""
        accounts = "/v2/accounts"
        one, addresses = f"{accounts}/{{account_id}}", f"{accounts}/{{account_id}}/addresses"
        return [
            ("GET", accounts, "accounts", self._accounts),
            ("GET", addresses, "deposit_address", self._addresses),
            ("POST", addresses, "deposit_address", self._new_address),
            ("GET", f"{addresses}/{{address_id}}/transactions", "deposits", self._arrived_at),
            ("GET", f"{one}/transactions", "withdrawals", self._came_and_went),
            ("POST", f"{one}/transactions", "withdraw", self._send),
        ]

    def _accounts(self, asked: Asked) -> dict[str, Any]:
        self._deposits.credit_due()
        balances = self._desk.balances.all().items()
        return shapes.listed(
            [shapes.older_account(asset, free) for asset, (free, _) in balances], asked.query
        )

    def _addresses(self, asked: Asked) -> dict[str, Any]:
        return shapes.listed([row.shown() for row in self._known(_network(asked))], asked.query)

    def _new_address(self, asked: Asked) -> dict[str, Any]:
        network = _network(asked)
        if asked.body.get("network", CHAINS[network.network]) != CHAINS[network.network]:
            raise older("invalid_request", "network is not supported", 400)
        self._made.add(network.asset)
        return {"data": Address(network, network.address, "").shown()}

    def _known(self, network: Network) -> list[Address]:
        """The addresses of an account: what was made, and where something arrived, newest first."""
        rows = self._deposits.listed(network.asset)
        found = [Address(network, network.address, "")] if network.asset in self._made else []
        found += [Address(network, row["address"], row["tag"]) for row in rows]
        return list(dict.fromkeys(found))

    def _arrived_at(self, asked: Asked) -> dict[str, Any]:
        network = _network(asked)
        rows = [
            row
            for row in self._deposits.listed(network.asset)
            if Address(network, row["address"], row["tag"]).id == asked.path["address_id"]
        ]
        return shapes.listed([shapes.transaction(row) for row in rows], asked.query)

    def _came_and_went(self, asked: Asked) -> dict[str, Any]:
        """All of an account, newest first."""
        asset = _network(asked).asset
        found = [(row["arrived_ms"], shapes.transaction(row)) for row in self._deposits.listed(asset)]
        found += [
            (row["asked_ms"], shapes.withdrawal(row, is_sent=self._withdrawals.is_sent(row)))
            for row in self._withdrawals.listed(asset)
        ]
        found.sort(key=lambda one: -one[0])
        return shapes.listed([shown for _, shown in found], asked.query)

    def _send(self, asked: Asked) -> dict[str, Any]:
        """The fee is taken on top. Under an `idem` of before, the one of before is the answer."""
        network, body = _network(asked), {name: str(value) for name, value in asked.body.items()}
        name = body.get("idem", "")
        if len(name) > ID_MOST:
            raise older("validation_error", "idem is too long", 400)
        before = self._withdrawals.sent_as(name) if name else []
        try:
            row = before[0] if before else self._withdrawals.send(_out(network, name, body))
        except NotSent as refused:
            raise older("validation_error", NOT_SENT[refused.why], 400) from None
        return {"data": shapes.withdrawal(row, is_sent=self._withdrawals.is_sent(row))}


def _out(network: Network, name: str, body: dict[str, str]) -> Out:
    if (body.get("type"), body.get("currency")) != ("send", network.asset):
        raise older("invalid_request", "type and currency are required", 400)
    if body.get("network", CHAINS[network.network]) != CHAINS[network.network]:
        raise NotSent(Why.ASSET)
    amount, tag = amount_of(body.get("amount", "")), body.get("destination_tag", "")
    return Out(name, network, amount, body.get("to", ""), tag)


def _network(asked: Asked) -> Network:
    """The network by which the asset of an account comes and goes."""
    assets = {network.asset for network in NETWORKS}
    named = next((asset for asset in assets if account_id(asset) == asked.path["account_id"]), "")
    network = default_network(named)
    if network is None:
        raise older("not_found", "Not found", 404)
    return network
