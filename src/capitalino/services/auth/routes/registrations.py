"""Registrations, the confirmation of addresses, and the public keys."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from capitalino.kit.auth import Public
from capitalino.kit.http import Success, ok
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.routes.shapes import Body, Email, Password, Secret, StateOut
from capitalino.services.auth.service import Auth

JWKS_KEPT_S = 60


class RegistrationIn(Body):
    """Who wants in."""

    email: Email
    password: Password
    language: Literal["en", "fa"] = "en"


class VerificationIn(Body):
    """The token of the link in the mail."""

    token: Secret


class JwksOut(Body):
    """RFC 7517."""

    keys: list[dict[str, Any]]


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """Before anybody has signed in."""
    router = APIRouter()

    @router.post("/registrations", status_code=201, dependencies=[Public])
    async def register(body: RegistrationIn, request: Request) -> Success[StateOut]:
        """Register. The answer is the same for an address that has a login; its owner gets another mail."""
        browser.must_be_ours(request)
        caller = browser.caller(request)
        await auth.registrations.register(body.email, body.password, body.language, caller)
        return ok(StateOut(state="confirm_email"))

    @router.post("/email-verifications", status_code=201, dependencies=[Public])
    async def confirm(body: VerificationIn, request: Request) -> Success[StateOut]:
        """Confirm the address with the token of the mail, once."""
        browser.must_be_ours(request)
        await auth.registrations.confirm(body.token)
        return ok(StateOut(state="confirmed"))

    @router.get("/jwks", dependencies=[Public], response_model=JwksOut)
    async def jwks() -> JSONResponse:
        """The public keys of access tokens, as RFC 7517 wants them: without our envelope."""
        kept = {"Cache-Control": f"public, max-age={JWKS_KEPT_S}"}
        return JSONResponse(await auth.keys.document(), headers=kept)

    return router
