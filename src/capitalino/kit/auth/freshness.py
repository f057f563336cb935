"""The demand for a factor that was proved just now, beside a route's check."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Request

from capitalino.kit.auth.guards import principal_of
from capitalino.kit.auth.principals import Principal
from capitalino.kit.clock import SYSTEM
from capitalino.kit.errors import AppError, Kind


class StepUpNeeded(AppError):
    """Prove a factor again at `POST /sessions/step-ups`; `details.within_s` says how fresh it has to be."""

    code = "step_up_needed"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long ago the principal proved a factor. An API key proves one with each request."""

    principal: Principal
    now: datetime

    def demand(self, within: timedelta) -> None:
        """StepUpNeeded unless a factor was proved within that time."""
        if self.principal.scopes is not None:
            return
        proved_at = self.principal.auth_time
        if proved_at is None or self.now - proved_at > within:
            raise StepUpNeeded("Prove your second factor again.", within_s=int(within.total_seconds()))

    def demand_above(self, amount: Decimal, free: Decimal, within: timedelta) -> None:
        """The same, for what is worth more than `free` of one asset."""
        if amount > free:
            self.demand(within)


async def _freshness(request: Request) -> Freshness:
    return Freshness(await principal_of(request), SYSTEM.now())


Fresh = Annotated[Freshness, Depends(_freshness)]
"""Beside a route's check, its means to demand a fresh factor. The handler asks it, so that a body that is not
well formed is told before: `fresh.demand(timedelta(minutes=10))`."""
