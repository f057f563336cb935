"""API keys: made, listed with their last use, revoked."""

import base64
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from capitalino.kit.auth import Fresh, InPerson, Scope
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery
from capitalino.services.auth.domain.api_keys import NETWORKS_MAX
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.routes.shapes import Body, Name, StateOut
from capitalino.services.auth.service import Auth
from capitalino.services.auth.service.api_keys import ApiKeyView, KeyWish

WITHIN = timedelta(minutes=10)
Network = Annotated[str, Field(max_length=50, examples=["192.0.2.0/24"])]
PUBLIC_KEY = r"^[A-Za-z0-9_-]{43}$"


class ApiKeyIn(Body):
    """What the key is to be. `networks` are addresses or CIDR; none means any, which `withdraw` forbids.

    `public_key` (Ed25519, base64url) when the private one was made elsewhere; without it we make both.
    """

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    networks: Annotated[tuple[Network, ...], Field(max_length=NETWORKS_MAX)] = ()
    expires_at: AwareDatetime
    public_key: Annotated[str, Field(pattern=PUBLIC_KEY)] | None = None

    def wish(self) -> KeyWish:
        """As the service takes it."""
        public_key = base64.urlsafe_b64decode(self.public_key + "=") if self.public_key else None
        return KeyWish(self.name, frozenset(self.scopes), self.networks, self.expires_at, public_key)


class ApiKeyOut(BaseModel):
    """A key, with when and from where it was used last."""

    key_id: UUID
    name: str
    scopes: list[Scope]
    networks: list[str]
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    used_from: str

    @classmethod
    def of(cls, view: ApiKeyView) -> "ApiKeyOut":
        """One row of the list."""
        key = view.key
        return cls(
            key_id=key.key_id,
            name=key.name,
            scopes=sorted(key.scopes),
            networks=list(key.networks),
            made_at=key.made_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            used_at=key.used_at,
            used_from=view.used_from,
        )


class NewApiKeyOut(BaseModel):
    """A new key. Its private half (Ed25519, base64url) is shown this once, if we made it."""

    key: ApiKeyOut
    private_key: str | None


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """No API key makes, reads or revokes another: these are for their owners in person."""
    router = APIRouter(prefix="/api-keys")

    @router.post("", status_code=201)
    async def make(
        principal: InPerson, fresh: Fresh, body: ApiKeyIn, request: Request
    ) -> Success[NewApiKeyOut]:
        """Make a key; needs a fresh factor."""
        fresh.demand(WITHIN)
        made, secret = await auth.api_keys.make(principal, body.wish(), browser.caller(request))
        private_key = base64.urlsafe_b64encode(secret).decode().rstrip("=") if secret else None
        return ok(NewApiKeyOut(key=ApiKeyOut.of(ApiKeyView(made, "")), private_key=private_key))

    @router.get("")
    async def every(principal: InPerson, page: PageQuery) -> Listed[ApiKeyOut]:
        """The API keys of this login, the newest first; those that are over for a month more."""
        found = [ApiKeyOut.of(one) for one in await auth.api_keys.of(principal)]
        return listed(found[page.offset :][: page.limit], page, next_cursor=None, total=len(found))

    @router.delete("/{key_id}")
    async def revoke(principal: InPerson, key_id: UUID, request: Request) -> Success[StateOut]:
        """Revoke it, at once."""
        await auth.api_keys.revoke(principal, key_id, browser.caller(request))
        return ok(StateOut(state="revoked"))

    return router
