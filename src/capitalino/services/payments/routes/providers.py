"""Providers for staff: how each exchange is doing, and how its orders have ended."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel

from capitalino.kit.auth import Staff
from capitalino.kit.http import Success, ok
from capitalino.services.payments.service.desk import Desk
from capitalino.services.payments.service.providers import Provider, Report
from capitalino.venues.circuits import Health


class CircuitOut(BaseModel):
    """One group of operations. `wait_s`: so long it is left alone; `trouble`: the last, by its code."""

    group: Literal["prices", "trading", "receiving"]
    state: Literal["closed", "open", "half_open"]
    wait_s: int
    trouble: str | None
    trouble_at: datetime | None

    @classmethod
    def of(cls, health: Health) -> Self:
        """From the venue's guard."""
        return cls(
            group=health.group.value,
            state=health.state.value,
            wait_s=round(health.wait_s),
            trouble=health.trouble,
            trouble_at=health.trouble_at,
        )


class OrdersOut(BaseModel):
    """Orders of the last hour by what became of them; `late`: executed, and on no books."""

    sent: int
    filled: int
    never: int
    late: int


class ProviderOut(BaseModel):
    """An exchange. `success` is the share of its latest orders that went well; new ones begin at 1."""

    venue: str
    takes_orders: bool
    takes_deposits: bool
    circuits: list[CircuitOut]
    success: Decimal
    orders: OrdersOut

    @classmethod
    def of(cls, one: Provider) -> Self:
        """From the service."""
        return cls(
            venue=one.venue,
            takes_orders=one.takes_orders,
            takes_deposits=one.takes_deposits,
            circuits=[CircuitOut.of(each) for each in one.circuits],
            success=one.success.quantize(Decimal("0.0001")),
            orders=OrdersOut(**{state: one.orders[state] for state in OrdersOut.model_fields}),
        )


class ProvidersOut(BaseModel):
    """All exchanges. Orders are those of all replicas, circuits those of the one that answers: `replica`."""

    replica: str
    as_of: datetime
    providers: list[ProviderOut]

    @classmethod
    def of(cls, report: Report) -> Self:
        """From the service."""
        providers = [ProviderOut.of(one) for one in report.providers]
        return cls(replica=report.replica, as_of=report.as_of, providers=providers)


def routes(desk: Desk) -> APIRouter:
    """All below `/providers`."""
    router = APIRouter(prefix="/providers", tags=["providers"])

    @router.get("")
    async def read_providers(_: Staff) -> Success[ProvidersOut]:
        """How each exchange is doing. Each replica finds that out for itself: another may say otherwise."""
        return ok(ProvidersOut.of(await desk.providers.report()))

    return router
