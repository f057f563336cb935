"""Another password: by a link in a mail, or by who is signed in."""

from datetime import timedelta

from fastapi import APIRouter, Request

from capitalino.kit.auth import Fresh, InPerson, Public
from capitalino.kit.http import Success, ok
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.routes.shapes import Body, Email, Password, Secret, SessionOut, StateOut
from capitalino.services.auth.service import Auth

WITHIN = timedelta(minutes=10)


class ResetIn(Body):
    """Whose password it is."""

    email: Email


class CompletionIn(Body):
    """The token of the link in the mail, and the new password."""

    token: Secret
    password: Password


class ChangeIn(Body):
    """The present password, and the new one."""

    old_password: Password
    new_password: Password


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """Neither way passes by the second factor."""
    router = APIRouter()

    @router.post("/password-resets", status_code=201, dependencies=[Public])
    async def ask(body: ResetIn, request: Request) -> Success[StateOut]:
        """Ask for a link by mail. The answer is the same for an address that has no login."""
        browser.must_be_ours(request)
        await auth.password_changes.ask(body.email, browser.caller(request))
        return ok(StateOut(state="check_email"))

    @router.post("/password-resets/completions", status_code=201, dependencies=[Public])
    async def reset(body: CompletionIn, request: Request) -> Success[StateOut]:
        """Set the password with the link, once. All sessions end; signing in asks for the second factor."""
        browser.must_be_ours(request)
        await auth.password_changes.reset(body.token, body.password, browser.caller(request))
        return ok(StateOut(state="changed"))

    @router.post("/password-changes", status_code=201)
    async def change(
        principal: InPerson, fresh: Fresh, body: ChangeIn, request: Request
    ) -> Success[SessionOut]:
        """Change the password; needs a fresh factor. All other sessions end, this one has a new token."""
        fresh.demand(WITHIN)
        caller = browser.caller(request)
        reached = await auth.password_changes.change(principal, body.old_password, body.new_password, caller)
        return ok(SessionOut.of(reached))

    return router
