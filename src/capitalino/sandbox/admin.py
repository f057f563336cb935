"""What is not the exchanges' own protocol, for tests: faults, listed addresses, the whole state."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from capitalino.sandbox.address_book import AddressBook
from capitalino.sandbox.binance_shapes import order
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.faults import Fault, Faults, VenueName
from capitalino.sandbox.outside import body_of, refused
from capitalino.sandbox.pairs import default_network, text


class Asked(BaseModel):
    """What is sent to these calls."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SeedIn(Asked):
    """From which the chance of all faults begins anew."""

    seed: int


class AddressIn(Asked):
    """An address that somebody lists at Kraken, which sends to listed ones only."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    asset: str
    address: Annotated[str, Field(min_length=1, max_length=128)]
    tag: Annotated[str, Field(max_length=64)] = ""


class RefusalIn(Asked):
    """A withdrawal that is not sent yet, by our id of it, which the exchange refuses after all."""

    venue: VenueName
    client_id: str = ""


class Admin:
    """Everything that nobody can ask of a real exchange."""

    def __init__(self, desks: Mapping[str, Desk], addresses: AddressBook, faults: Faults) -> None:
        self._desks = desks
        self._addresses = addresses
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """What can be asked."""
        return [
            web.get("/exchange/faults", self.list_faults),
            web.post("/exchange/faults", self.add_fault),
            web.delete("/exchange/faults", self.clear_faults),
            web.put("/exchange/faults/seed", self.sow),
            web.post("/exchange/addresses", self.list_address),
            web.post("/exchange/withdrawals/refused", self.refuse_withdrawal),
            web.get("/exchange/state", self.state),
        ]

    async def list_faults(self, _: web.Request) -> web.Response:
        """The faults that are on."""
        return web.json_response([fault.model_dump(mode="json") for fault in self._faults.on()])

    async def add_fault(self, request: web.Request) -> web.Response:
        """Switch a fault on."""
        try:
            fault = Fault.model_validate(await body_of(request))
        except ValidationError as wrong:
            return refused(wrong)
        self._faults.add(fault)
        return web.json_response(fault.model_dump(mode="json"), status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Switch all faults off."""
        self._faults.clear()
        return web.json_response({"status": "clear"})

    async def sow(self, request: web.Request) -> web.Response:
        """Let chance begin anew, so that what happened can be repeated."""
        try:
            asked = SeedIn.model_validate(await body_of(request))
        except ValidationError as wrong:
            return refused(wrong)
        self._faults.sow(asked.seed)
        return web.json_response({"seed": asked.seed})

    async def list_address(self, request: web.Request) -> web.Response:
        """List an address at Kraken."""
        try:
            asked = AddressIn.model_validate(await body_of(request))
        except ValidationError as wrong:
            return refused(wrong)
        if default_network(asked.asset) is None:
            return web.json_response(
                {"errors": [{"msg": f"{asked.asset!r} is not sent by a chain"}]}, status=400
            )
        self._addresses.add(asked.name, asked.asset, asked.address, asked.tag)
        return web.json_response(asked.model_dump(), status=201)

    async def refuse_withdrawal(self, request: web.Request) -> web.Response:
        """Let an exchange refuse what it had taken in, and give the money back."""
        try:
            asked = RefusalIn.model_validate(await body_of(request))
        except ValidationError as wrong:
            return refused(wrong)
        if not self._desks[asked.venue].withdrawals.refuse(asked.client_id):
            return web.json_response({"errors": [{"msg": "no such withdrawal waits"}]}, status=404)
        return web.json_response({"status": "refused"})

    async def state(self, _: web.Request) -> web.Response:
        """What a test wants to know: orders by client id (an id may be used again), calls, balances."""
        orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for venue, desk in self._desks.items():
            desk.deposits.credit_due()
            for row in desk.orders.listed():
                fills = len(desk.orders.fills(row["order_id"]))
                orders[row["client_order_id"]].append(order(row) | {"fills": fills, "venue": venue})
        desks = self._desks.values()
        state = {
            "orders": orders,
            "withdrawals": {venue: _sent(desk) for venue, desk in self._desks.items()},
            "counts": {
                "orders": sum(map(len, orders.values())),
                "deposits": sum(len(desk.deposits.listed()) for desk in desks),
                "withdrawals": sum(len(desk.withdrawals.listed()) for desk in desks),
            },
            "calls": self._faults.calls,
            "balances": {
                venue: {asset: text(free) for asset, (free, _locked) in desk.balances.all().items()}
                for venue, desk in self._desks.items()
            },
        }
        return web.json_response(state)


def _sent(desk: Desk) -> list[dict[str, Any]]:
    """Newest first, by whatever id we gave it."""
    names = ("client_id", "asset", "network", "amount", "fee", "address", "tag", "txid")
    return [
        {name: row[name] for name in names}
        | {"state": "refused" if row["refused"] else "sent" if desk.withdrawals.is_sent(row) else "pending"}
        for row in desk.withdrawals.listed()
    ]
