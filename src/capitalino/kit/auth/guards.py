"""The check that every route carries, and the demand for a factor that was proved just now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request

from capitalino.kit.auth.principals import READING, STAFF, Principal, Scope
from capitalino.kit.auth.quotas import ALLOWANCE, Group, Quotas
from capitalino.kit.auth.signatures import SCHEME
from capitalino.kit.auth.tokens import Identify
from capitalino.kit.clock import SYSTEM
from capitalino.kit.errors import AppError, Forbidden, Kind

Check = Callable[[Principal], bool]
ACCESS = frozenset({"access"})
WHO = "capitalino.principal"


class StepUpNeeded(AppError):
    """Prove a factor again at `POST /sessions/step-ups`; `details.within_s` says how fresh it has to be."""

    code = "step_up_needed"
    kind = Kind.FORBIDDEN


def _guard(
    check: Check, purpose: frozenset[str] = ACCESS, *, scope: Scope | None = None, in_person: bool = False
) -> Callable[[Request], Awaitable[Principal]]:
    async def guard(request: Request) -> Principal:
        principal = await principal_of(request)
        if principal.purpose not in purpose or not check(principal):
            raise Forbidden("This is not yours to do.")
        if principal.scopes is not None:  # an API key: what no scope names is closed to it
            wanted = scope or (Scope.READ if request.method in READING else None)
            if in_person or wanted not in principal.scopes:
                raise Forbidden("This API key may not do that.", scope=wanted)
        structlog.contextvars.bind_contextvars(principal=str(principal.user_id))
        await _count(request, principal, scope)
        return principal

    guard.is_guard = True  # type: ignore[attr-defined]
    return guard


async def _count(request: Request, principal: Principal, scope: Scope | None) -> None:
    """RateLimited when the principal asks too much. Once a request, whatever other checks it has."""
    quotas: Quotas | None = getattr(request.state, "quotas", None)
    if quotas is None or ALLOWANCE in request.scope:
        return
    is_money = scope in {Scope.TRADE, Scope.WITHDRAW}
    group: Group = "money" if is_money else "reads" if request.method in READING else "writes"
    request.scope[ALLOWANCE] = allowance = await quotas.count(principal, group)
    allowance.demand()


async def principal_of(request: Request) -> Principal:
    """Who asks. Found out once a request: a nonce is good once."""
    if WHO not in request.scope:
        identify: Identify = request.state.identify
        given = request.headers.get("authorization")
        if (given or "").partition(" ")[0].lower() == SCHEME:
            request.scope[WHO] = await identify.signed(request)
        else:
            request.scope[WHO] = await identify(given, is_reading=request.method in READING)
    found: Principal = request.scope[WHO]
    return found


def may(*roles: str) -> Any:
    """A route's check: one of these roles."""
    return Depends(_guard(lambda principal: bool(principal.roles & set(roles)), in_person=True))


def investor_or_key(scope: Scope) -> Any:
    """A route's check: an investor in person, or an API key of one that has this scope.

    `Trader = Annotated[Principal, investor_or_key(Scope.TRADE)]`.
    """
    return Depends(_guard(lambda principal: principal.investor_id is not None, scope=scope))


async def public() -> None:
    """Marks a route that anybody may call."""


public.is_guard = True  # type: ignore[attr-defined]

Investor = Annotated[Principal, Depends(_guard(lambda principal: principal.investor_id is not None))]
Staff = Annotated[Principal, Depends(_guard(lambda principal: bool(principal.roles & STAFF), in_person=True))]
Somebody = Annotated[Principal, Depends(_guard(lambda _: True))]
InPerson = Annotated[Principal, Depends(_guard(lambda _: True, in_person=True))]
"""Somebody signed in, never an API key."""
SettingUp = Annotated[
    Principal, Depends(_guard(lambda _: True, frozenset({"access", "setup"}), in_person=True))
]
Public = Depends(public)


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
