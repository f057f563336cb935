"""Proving a factor again, and passkeys where a session is opened."""

from typing import Self

from fastapi import APIRouter, Request, Response
from pydantic import model_validator

from capitalino.kit.auth import InPerson, Public
from capitalino.kit.http import Success, ok
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.routes.shapes import Body, CeremonyOut, Code, Credential, Secret, SessionOut
from capitalino.services.auth.service import Auth


class StepUpIn(Body):
    """A code of the authenticator or a recovery code; or a passkey, in the ceremony that we began."""

    code: Code | None = None
    ceremony: Secret | None = None
    credential: Credential | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        passkey = (self.ceremony, self.credential)
        if (self.code is None) == (None in passkey) or (self.code and any(passkey)):
            raise ValueError("give a code, or a ceremony with its credential")
        return self


class ChallengeIn(Body):
    """What the first step of signing in gave."""

    challenge: Secret


class PasskeySignInIn(Body):
    """What the browser's `credentials.get` gave, in the ceremony that we began."""

    ceremony: Secret
    credential: Credential


class PasskeySecondIn(PasskeySignInIn):
    """The same, as the second step."""

    challenge: Secret


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """Each ceremony is good once."""
    router = APIRouter(prefix="/sessions")

    @router.post("/step-ups", status_code=201)
    async def step_up(principal: InPerson, body: StepUpIn, request: Request) -> Success[SessionOut]:
        """Prove a factor again; the new access token says so for a while."""
        caller = browser.caller(request)
        if body.code is not None:
            return ok(SessionOut.of(await auth.step_ups.with_code(principal, body.code, caller)))
        assert body.ceremony is not None, "the model has one or the other"
        assert body.credential is not None, "the model has one or the other"
        given = (body.ceremony, body.credential)
        return ok(SessionOut.of(await auth.step_ups.with_passkey(principal, *given, caller)))

    @router.post("/step-ups/passkey-options", status_code=201)
    async def begin_step_up(principal: InPerson) -> Success[CeremonyOut]:
        """What the browser's `credentials.get` is to be given; good for five minutes, in this session."""
        return ok(CeremonyOut.of(await auth.step_ups.begin(principal)))

    @router.post("/passkeys/options", status_code=201, dependencies=[Public])
    async def begin(request: Request) -> Success[CeremonyOut]:
        """Begin to sign in with nothing but a passkey."""
        browser.must_be_ours(request)
        return ok(CeremonyOut.of(await auth.passkey_sign_ins.begin(browser.caller(request))))

    @router.post("/passkeys", status_code=201, dependencies=[Public])
    async def sign_in(body: PasskeySignInIn, request: Request, response: Response) -> Success[SessionOut]:
        """Sign in with nothing but a passkey: the session is open, its refresh cookie set."""
        browser.must_be_ours(request)
        caller = browser.caller(request)
        reached = await auth.passkey_sign_ins.sign_in(body.ceremony, body.credential, caller)
        browser.keep(request, response, reached)
        return ok(SessionOut.of(reached))

    @router.post("/second-factors/passkey-options", status_code=201, dependencies=[Public])
    async def begin_second(body: ChallengeIn, request: Request) -> Success[CeremonyOut]:
        """Begin to answer the challenge with a passkey."""
        browser.must_be_ours(request)
        return ok(CeremonyOut.of(await auth.passkey_sign_ins.begin_second(body.challenge)))

    @router.post("/second-factors/passkeys", status_code=201, dependencies=[Public])
    async def second_factor(
        body: PasskeySecondIn, request: Request, response: Response
    ) -> Success[SessionOut]:
        """Answer the challenge with a passkey: the session is open, its refresh cookie set."""
        browser.must_be_ours(request)
        given = (body.challenge, body.ceremony, body.credential)
        reached = await auth.passkey_sign_ins.second_factor(*given, browser.caller(request))
        browser.keep(request, response, reached)
        return ok(SessionOut.of(reached))

    return router
