"""Passkeys: made, listed, named and removed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from capitalino.kit.auth import Fresh, InPerson
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery
from capitalino.services.auth.domain.passkeys import Passkey
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.routes.shapes import Body, CeremonyOut, Credential, Name, Secret, StateOut
from capitalino.services.auth.service import Auth

WITHIN = timedelta(minutes=10)


class PasskeyIn(Body):
    """What the browser's `credentials.create` gave, in the ceremony that we began."""

    ceremony: Secret
    name: Name
    credential: Credential


class NameIn(Body):
    """What it is called."""

    name: Name


class PasskeyOut(BaseModel):
    """A passkey. `is_synced`: other devices of its owner have it too."""

    passkey_id: UUID
    name: str
    is_synced: bool
    made_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, found: Passkey) -> "PasskeyOut":
        """Without the key."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """Making and removing one need a fresh factor."""
    router = APIRouter()

    @router.post("/passkey-options", status_code=201)
    async def begin(principal: InPerson, fresh: Fresh) -> Success[CeremonyOut]:
        """What the browser's `credentials.create` is to be given; good for five minutes."""
        fresh.demand(WITHIN)
        return ok(CeremonyOut.of(await auth.passkeys.begin(principal)))

    @router.post("/passkeys", status_code=201)
    async def add(
        principal: InPerson, fresh: Fresh, body: PasskeyIn, request: Request
    ) -> Success[PasskeyOut]:
        """Keep a passkey that was made."""
        fresh.demand(WITHIN)
        credential: dict[str, Any] = body.credential
        caller = browser.caller(request)
        made = await auth.passkeys.add(principal, body.ceremony, body.name, credential, caller)
        return ok(PasskeyOut.of(made))

    @router.get("/passkeys")
    async def every(principal: InPerson, page: PageQuery) -> Listed[PasskeyOut]:
        """The passkeys of this login."""
        found = [PasskeyOut.of(one) for one in await auth.passkeys.of(principal)]
        return listed(found[page.offset :][: page.limit], page, next_cursor=None, total=len(found))

    @router.patch("/passkeys/{passkey_id}")
    async def rename(principal: InPerson, passkey_id: UUID, body: NameIn) -> Success[StateOut]:
        """Call it something else."""
        await auth.passkeys.rename(principal, passkey_id, body.name)
        return ok(StateOut(state="renamed"))

    @router.delete("/passkeys/{passkey_id}")
    async def remove(
        principal: InPerson, fresh: Fresh, passkey_id: UUID, request: Request
    ) -> Success[StateOut]:
        """Remove it; nobody signs in with it any more."""
        fresh.demand(WITHIN)
        await auth.passkeys.remove(principal, passkey_id, browser.caller(request))
        return ok(StateOut(state="removed"))

    return router
