"""HTTP for notifications: the inbox, and tickets for sockets."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from capitalino.kit.auth import Investor
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.notifications.domain import Notification
from capitalino.services.notifications.service import Notifications


class TicketOut(BaseModel):
    """Opens one socket, once: `/api/v1/ws?ticket=…`."""

    ticket: str
    expires_at: datetime


class NotificationOut(BaseModel):
    """What an investor is told. The text is made from `code` and `params` where it is shown."""

    notification_id: UUID
    code: str
    params: dict[str, str]
    at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, one: Notification) -> "NotificationOut":
        """As its owner sees it."""
        return cls(**{name: getattr(one, name) for name in cls.model_fields})


def routes(notifications: Notifications) -> APIRouter:
    """Whose inbox it is comes from the token alone."""
    router = APIRouter(prefix="/api/v1", tags=["notifications"])

    @router.post("/ws/tickets", status_code=201)
    async def ask_for_ticket(who: Investor) -> Success[TicketOut]:
        """A ticket for one socket: browsers cannot send a token with it."""
        ticket, expires_at = await notifications.issue_ticket(who)
        return ok(TicketOut(ticket=ticket, expires_at=expires_at))

    @router.get("/notifications")
    async def read_inbox(who: Investor, page: PageQuery) -> Listed[NotificationOut]:
        """One's own inbox, newest first."""
        found, after = await notifications.read_inbox(
            who.investor, before=page.after_number, offset=page.offset, limit=page.limit
        )
        cursor = encode_cursor(after) if after is not None else None
        return listed([NotificationOut.of(one) for one in found], page, next_cursor=cursor)

    @router.post("/notifications/{notification_id}/read")
    async def mark_read(who: Investor, notification_id: UUID) -> Success[NotificationOut]:
        """Mark it as read; doing so again changes nothing."""
        return ok(NotificationOut.of(await notifications.mark_read(who.investor, notification_id)))

    return router
