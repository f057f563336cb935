"""Recovery codes: how many are left, and ten new ones."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from pydantic import BaseModel

from capitalino.kit.auth import Fresh, InPerson
from capitalino.kit.http import Success, ok
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.service import Auth

WITHIN = timedelta(minutes=10)


class LeftOut(BaseModel):
    """How many are unused, and when they were made."""

    left: int
    made_at: datetime | None


class RecoveryCodesOut(BaseModel):
    """They are shown this once."""

    recovery_codes: list[str]


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """For whoever has lost the authenticator."""
    router = APIRouter(prefix="/recovery-codes")

    @router.get("")
    async def left(principal: InPerson) -> Success[LeftOut]:
        """How many recovery codes are left."""
        found = await auth.recovery_codes.left(principal)
        return ok(LeftOut(left=found.count, made_at=found.made_at))

    @router.post("", status_code=201)
    async def renew(principal: InPerson, fresh: Fresh, request: Request) -> Success[RecoveryCodesOut]:
        """Ten new ones; the old ones are worth nothing any more. Needs a fresh factor."""
        fresh.demand(WITHIN)
        made = await auth.recovery_codes.renew(principal, browser.caller(request))
        return ok(RecoveryCodesOut(recovery_codes=made))

    return router
