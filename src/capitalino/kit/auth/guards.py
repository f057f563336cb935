"""The check that every route carries."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request

from capitalino.kit.auth.principals import READING, STAFF, Principal, Scope
from capitalino.kit.auth.quotas import ALLOWANCE, Group, Quotas
from capitalino.kit.auth.signatures import SCHEME
from capitalino.kit.auth.tokens import Identify
from capitalino.kit.errors import Forbidden

Check = Callable[[Principal], bool]
ACCESS = frozenset({"access"})
WHO = "capitalino.principal"


INVESTOR = ("investor",)


@dataclass(frozen=True, slots=True)
class Who:
    """What a route asks of its caller, for its document: one of the roles; of an API key, a scope."""

    roles: frozenset[str]
    scope: Scope | None
    in_person: bool

    def document(self, method: str) -> dict[str, Any]:
        """As OpenAPI's own words have no place for it."""
        told: dict[str, Any] = {"x-roles": sorted(self.roles)} if self.roles else {}
        scope = self.scope or (Scope.READ if method.upper() in READING else None)
        return told if self.in_person or scope is None else told | {"x-scope": scope.value}


def _guard(
    check: Check,
    purpose: frozenset[str] = ACCESS,
    *,
    roles: Iterable[str] = (),
    scope: Scope | None = None,
    in_person: bool = False,
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
    guard.who = Who(frozenset(roles), scope, in_person)  # type: ignore[attr-defined]
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
    return Depends(_guard(lambda principal: bool(principal.roles & set(roles)), roles=roles, in_person=True))


def _is_investor(principal: Principal) -> bool:
    return principal.investor_id is not None


def investor_or_key(scope: Scope) -> Any:
    """A route's check: an investor in person, or an API key of one that has this scope.

    `Trader = Annotated[Principal, investor_or_key(Scope.TRADE)]`.
    """
    return Depends(_guard(_is_investor, roles=INVESTOR, scope=scope))


async def public() -> None:
    """Marks a route that anybody may call."""


public.is_guard = True  # type: ignore[attr-defined]

Investor = Annotated[Principal, Depends(_guard(_is_investor, roles=INVESTOR))]
Staff = Annotated[Principal, may(*STAFF)]
Somebody = Annotated[Principal, Depends(_guard(lambda _: True))]
InPerson = Annotated[Principal, Depends(_guard(lambda _: True, in_person=True))]
"""Somebody signed in, never an API key."""
SettingUp = Annotated[
    Principal, Depends(_guard(lambda _: True, frozenset({"access", "setup"}), in_person=True))
]
Public = Depends(public)
