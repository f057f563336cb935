"""Sessions: signing in, refreshing, listing, ending."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from capitalino.kit.auth import InPerson, Public, SettingUp
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery
from capitalino.services.auth.domain.sessions import Reason
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.routes.shapes import Body, Code, Email, Password, Secret, SessionOut, StateOut
from capitalino.services.auth.service import Auth
from capitalino.services.auth.service.sessions import SessionView


class SignInIn(Body):
    """The first step."""

    email: Email
    password: Password


class SecondFactorIn(Body):
    """The second step: a code of the authenticator, or a recovery code."""

    challenge: Secret
    code: Code


class OpenSessionOut(BaseModel):
    """A session as its owner sees it."""

    session_id: UUID
    opened_at: datetime
    used_at: datetime
    expires_at: datetime
    address: str
    agent: str
    device: str
    device_id: UUID | None
    proved_at: datetime
    is_current: bool

    @classmethod
    def of(cls, view: SessionView) -> "OpenSessionOut":
        """One row of the list."""
        return cls(
            session_id=view.session.session_id,
            opened_at=view.session.opened_at,
            used_at=view.session.used_at,
            expires_at=view.session.expires_at,
            address=view.address,
            agent=view.agent,
            device=view.device,
            device_id=view.session.device_id,
            proved_at=view.session.proved_at,
            is_current=view.is_current,
        )


class EndedOut(StateOut):
    """How many sessions ended."""

    ended: int


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """The secrets go into cookies that scripts cannot read; the access token into the body."""
    router = APIRouter(prefix="/sessions")

    @router.post("", status_code=201, dependencies=[Public])
    async def sign_in(body: SignInIn, request: Request) -> Success[SessionOut]:
        """Sign in with the password; then comes the second factor, or setting one up."""
        browser.must_be_ours(request)
        return ok(
            SessionOut.of(await auth.sign_ins.sign_in(body.email, body.password, browser.caller(request)))
        )

    @router.post("/second-factors", status_code=201, dependencies=[Public])
    async def second_factor(
        body: SecondFactorIn, request: Request, response: Response
    ) -> Success[SessionOut]:
        """Answer the challenge: the session is open, its refresh cookie set."""
        browser.must_be_ours(request)
        caller = browser.caller(request)
        reached = await auth.sign_ins.second_factor(body.challenge, body.code, caller)
        browser.keep(request, response, reached)
        return ok(SessionOut.of(reached))

    @router.post("/refreshes", status_code=201, dependencies=[Public])
    async def refresh(request: Request, response: Response) -> Success[SessionOut]:
        """A new access token for the refresh cookie, which changes. Needs `X-Requested-With: capitalino`."""
        reached = await auth.sessions.refresh(browser.refresh_secret(request), browser.caller(request))
        browser.keep(request, response, reached)
        return ok(SessionOut.of(reached))

    @router.get("")
    async def open_sessions(principal: InPerson, page: PageQuery) -> Listed[OpenSessionOut]:
        """Where this login is signed in just now."""
        found = [OpenSessionOut.of(view) for view in await auth.sessions.open_ones(principal)]
        return listed(found[page.offset :][: page.limit], page, next_cursor=None, total=len(found))

    @router.delete("/current")
    async def sign_out(principal: SettingUp, request: Request, response: Response) -> Success[StateOut]:
        """Sign out here."""
        caller = browser.caller(request)
        await auth.sessions.close(principal, principal.session_id, Reason.SIGNED_OUT, caller)
        browser.forget(request, response)
        return ok(StateOut(state="closed"))

    @router.delete("/others")
    async def sign_out_others(principal: InPerson, request: Request) -> Success[EndedOut]:
        """Sign out everywhere else."""
        ended = await auth.sessions.close_others(principal, browser.caller(request))
        return ok(EndedOut(state="closed", ended=ended))

    @router.delete("/{session_id}")
    async def revoke(principal: InPerson, session_id: UUID, request: Request) -> Success[StateOut]:
        """Sign out somewhere else."""
        await auth.sessions.close(principal, session_id, Reason.REVOKED, browser.caller(request))
        return ok(StateOut(state="closed"))

    return router
