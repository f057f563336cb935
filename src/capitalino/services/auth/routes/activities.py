"""What a login did lately, for its owner to read."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from capitalino.kit.auth import InPerson
from capitalino.kit.http import Listed, listed
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.service import Auth
from capitalino.services.auth.service.activities import ActivityView


class ActivityOut(BaseModel):
    """Something that happened. `subject` is the id of the session, passkey or API key that it is about."""

    act: Act
    noted_at: datetime
    address: str
    device: str
    subject: str | None

    @classmethod
    def of(cls, view: ActivityView) -> "ActivityOut":
        """One row of the list."""
        return cls(
            act=view.activity.act,
            noted_at=view.activity.noted_at,
            address=view.address,
            device=view.device,
            subject=view.activity.subject,
        )


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """Written down as it happens, never changed."""
    del browser
    router = APIRouter(prefix="/security-activity")

    @router.get("")
    async def recent(principal: InPerson, page: PageQuery) -> Listed[ActivityOut]:
        """What this login did, the newest first."""
        found, total = await auth.activities.of(principal, page)
        shown = found[: page.limit]
        following = encode_cursor(shown[-1].activity.position) if len(found) > page.limit else None
        return listed([ActivityOut.of(one) for one in shown], page, next_cursor=following, total=total)

    return router
