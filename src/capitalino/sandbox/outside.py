"""What is not the exchange's own protocol: the start page, arriving deposits, faults, state for tests."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Self
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from capitalino.sandbox.binance_shapes import deposit, order
from capitalino.sandbox.deposits import Deposits, Sent
from capitalino.sandbox.faults import Fault, Faults
from capitalino.sandbox.orders import Orders
from capitalino.sandbox.pages import STYLE, answer, start_page
from capitalino.sandbox.pairs import default_network, text
from capitalino.sandbox.store import Store


class DepositIn(BaseModel):
    """A deposit that somebody sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    asset: str
    amount: Annotated[Decimal, Field(gt=0, lt=10**9, max_digits=27, decimal_places=18)]
    address: Annotated[str, Field(max_length=128)] = ""
    tag: Annotated[str, Field(max_length=64)] = ""

    @model_validator(mode="after")
    def can_be_sent(self) -> Self:
        """The exchange keeps the asset, and its network carries so many decimals."""
        network = default_network(self.asset)
        if network is None:
            raise ValueError(f"{self.asset!r} cannot be sent to this exchange")
        if self.amount % Decimal(1).scaleb(-network.decimals):
            raise ValueError(f"{self.asset} has {network.decimals} decimals")
        return self


class Outside:
    """Everything around the exchange."""

    def __init__(self, store: Store, orders: Sequence[Orders], deposits: Deposits, faults: Faults) -> None:
        self._store = store
        self._orders = orders
        self._deposits = deposits
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """What can be asked."""
        return [
            web.get("/", self.start),
            web.get("/style.css", self.style),
            web.get("/readyz", self.ready),
            web.post("/exchange/deposits", self.send_deposit),
            web.get("/exchange/faults", self.list_faults),
            web.post("/exchange/faults", self.add_fault),
            web.delete("/exchange/faults", self.clear_faults),
            web.get("/exchange/state", self.state),
        ]

    async def start(self, request: web.Request) -> web.Response:
        """The start page."""
        sent = request.query.get("sent", "")
        return answer(
            start_page(f"Sent {sent[:64]}. It is credited in a moment." if sent else "", request.query)
        )

    async def style(self, _: web.Request) -> web.Response:
        """How the pages look."""
        return web.Response(text=STYLE, content_type="text/css")

    async def ready(self, _: web.Request) -> web.Response:
        """Whether the file answers."""
        self._store.sql.execute("SELECT 1").fetchone()
        return web.json_response({"status": "ready"})

    async def send_deposit(self, request: web.Request) -> web.Response:
        """Let a deposit arrive; by JSON, or by the form of the start page."""
        is_form = request.content_type != "application/json"
        raw = dict(await request.post()) if is_form else await _json(request)
        try:
            asked = DepositIn.model_validate(raw)
        except ValidationError as wrong:
            return web.json_response(
                {"errors": wrong.errors(include_url=False, include_context=False)}, status=400
            )
        row = self._deposits.arrive(Sent(asked.asset, asked.amount, asked.address, asked.tag))
        if is_form:
            raise web.HTTPSeeOther("../?sent=" + quote(f"{asked.amount} {asked.asset}"))
        return web.json_response(deposit(row), status=201)

    async def list_faults(self, _: web.Request) -> web.Response:
        """The faults that are on."""
        return web.json_response([fault.model_dump() for fault in self._faults.on()])

    async def add_fault(self, request: web.Request) -> web.Response:
        """Switch a fault on."""
        try:
            fault = Fault.model_validate(await _json(request))
        except ValidationError as wrong:
            return web.json_response(
                {"errors": wrong.errors(include_url=False, include_context=False)}, status=400
            )
        self._faults.add(fault)
        return web.json_response(fault.model_dump(), status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Switch all faults off."""
        self._faults.clear()
        return web.json_response({"status": "clear"})

    async def state(self, _: web.Request) -> web.Response:
        """What a test wants to know: orders by client id (an id may be used again), calls, balances."""
        self._deposits.credit_due()
        orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for of_venue in self._orders:
            for row in of_venue.listed():
                fills = len(of_venue.fills(row["order_id"]))
                orders[row["client_order_id"]].append(order(row) | {"fills": fills})
        state = {
            "orders": orders,
            "counts": {"orders": sum(map(len, orders.values())), "deposits": len(self._deposits.listed())},
            "calls": self._faults.calls,
            "balances": {asset: text(free) for asset, (free, _locked) in self._store.balances().items()},
        }
        return web.json_response(state)


async def _json(request: web.Request) -> Any:
    """The body; `None`, which no model accepts, when it is not JSON."""
    try:
        return await request.json()
    except ValueError:
        return None
