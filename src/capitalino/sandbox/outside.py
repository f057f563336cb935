"""What is not the exchanges' own protocol, for people: the start page, and deposits that they send."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from capitalino.sandbox.binance_shapes import deposit
from capitalino.sandbox.deposits import Sent
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.faults import VenueName
from capitalino.sandbox.pages import STYLE, answer, start_page
from capitalino.sandbox.pairs import default_network
from capitalino.sandbox.store import Store


class DepositIn(BaseModel):
    """A deposit that somebody sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    venue: VenueName = "binance"
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
    """What people see."""

    def __init__(self, store: Store, desks: Mapping[str, Desk]) -> None:
        self._store = store
        self._desks = desks

    def routes(self) -> list[web.RouteDef]:
        """What can be asked."""
        return [
            web.get("/", self.start),
            web.get("/style.css", self.style),
            web.get("/readyz", self.ready),
            web.post("/exchange/deposits", self.send_deposit),
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
        raw = dict(await request.post()) if is_form else await body_of(request)
        try:
            asked = DepositIn.model_validate(raw)
        except ValidationError as wrong:
            return refused(wrong)
        row = self._desks[asked.venue].deposits.arrive(
            Sent(asked.asset, asked.amount, asked.address, asked.tag)
        )
        if is_form:
            raise web.HTTPSeeOther("../?sent=" + quote(f"{asked.amount} {asked.asset}"))
        return web.json_response(deposit(row), status=201)


async def body_of(request: web.Request) -> Any:
    """The body; `None`, which no model accepts, when it is not JSON."""
    try:
        return await request.json()
    except ValueError:
        return None


def refused(wrong: ValidationError) -> web.Response:
    """What is wrong with what was sent."""
    return web.json_response(
        {"errors": wrong.errors(include_url=False, include_context=False, include_input=False)}, status=400
    )
