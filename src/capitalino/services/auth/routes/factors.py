"""The second factor: set up and confirmed."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Body as InBody
from pydantic import BaseModel

from capitalino.kit.auth import SettingUp
from capitalino.kit.http import Success, ok
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.routes.shapes import Body, Code, SessionOut
from capitalino.services.auth.service import Auth


class FactorIn(Body):
    """A code of the present factor, where there is one that is to be replaced."""

    code: Code | None = None


class ConfirmationIn(Body):
    """The first code of the new factor."""

    code: Code


class FactorOut(BaseModel):
    """The secret, in base32 and as the address behind the picture. It is shown this once."""

    secret: str
    uri: str


class ConfirmationOut(BaseModel):
    """The recovery codes are shown this once."""

    recovery_codes: list[str]
    session: SessionOut


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """With the token of a sign-in that has no second factor yet, or of a full session."""
    router = APIRouter(prefix="/totp")

    @router.post("", status_code=201)
    async def set_up(
        principal: SettingUp, request: Request, body: Annotated[FactorIn | None, InBody()] = None
    ) -> Success[FactorOut]:
        """A new secret. Nothing changes until its first code is confirmed."""
        code = body.code if body else None
        secret, uri = await auth.factors.set_up(principal, browser.caller(request), code)
        return ok(FactorOut(secret=secret, uri=uri))

    @router.post("/confirmations", status_code=201)
    async def confirm(
        principal: SettingUp, body: ConfirmationIn, request: Request, response: Response
    ) -> Success[ConfirmationOut]:
        """Confirm the new factor; the session is open, all others of this login end."""
        browser.must_be_ours(request)
        codes, reached = await auth.factors.confirm(principal, browser.caller(request), body.code)
        browser.keep(request, response, reached)
        return ok(ConfirmationOut(recovery_codes=codes, session=SessionOut.of(reached)))

    return router
