"""What notifications does: keeps what investors are told, and lets them read it."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.kit.auth import REVOKED, Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import step_id
from capitalino.services.notifications import store
from capitalino.services.notifications.domain import Balance, Message, Notice, Notification, newest
from capitalino.services.notifications.errors import LiveUnavailable, NotificationUnknown, TicketRefused

TICKET = "notifications:ticket:{digest}"
PAGE = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who opens a socket."""

    investor_id: UUID
    user_id: UUID
    session_id: UUID


class Notifications:
    """Everything that an investor is told, in one order per investor."""

    def __init__(self, db: Database, cache: Valkey, clock: Clock, ticket_ttl_s: int) -> None:
        self._db, self._cache, self._clock, self._ticket_ttl_s = db, cache, clock, ticket_ttl_s

    async def issue_ticket(self, principal: Principal) -> tuple[str, datetime]:
        """A ticket that opens one socket, once, soon. Only its digest is kept."""
        ticket = secrets.token_urlsafe(32)
        caller = {
            "investor_id": str(principal.investor),
            "user_id": str(principal.user_id),
            "session_id": str(principal.session_id),
        }
        expires_at = self._clock.now() + timedelta(seconds=self._ticket_ttl_s)
        try:
            await self._cache.set(_key(ticket), json.dumps(caller), ex=self._ticket_ttl_s)
        except (ValkeyError, OSError, TimeoutError) as error:
            raise LiveUnavailable("Sockets cannot be opened now.") from error
        return ticket, expires_at

    async def take_ticket(self, ticket: str) -> Caller:
        """Whose ticket it is; it is used up. TicketRefused for any that is not good (any more)."""
        try:
            found = await self._cache.getdel(_key(ticket)) if ticket else None
        except (ValkeyError, OSError, TimeoutError) as error:
            raise LiveUnavailable("Sockets cannot be opened now.") from error
        if found is None:
            raise TicketRefused("The ticket is not good: ask for another.")
        told = json.loads(found)
        return Caller(UUID(told["investor_id"]), UUID(told["user_id"]), UUID(told["session_id"]))

    async def ended(self, sessions: list[UUID]) -> set[UUID]:
        """Those of the sessions that are over. When it cannot be told, none: signals tell it too."""
        try:
            found = await self._cache.mget([REVOKED.format(session_id=one) for one in sessions])
        except (ValkeyError, OSError, TimeoutError):
            return set()
        return {one for one, over in zip(sessions, found, strict=True) if over is not None}

    async def keep_balances(self, tx: Tx, balances: list[Balance]) -> None:
        """Keep the newest balances and have them pushed."""
        await store.save_balances(tx, newest(balances))

    async def notify(self, tx: Tx, event_id: UUID, notice: Notice) -> None:
        """Put it into the inbox and have it pushed, with the payment that it speaks of."""
        if notice.payment is not None:
            number = await store.next_number(tx, notice.investor_id)
            await store.add_message(
                tx, notice.investor_id, Message(number, "payment", notice.at, notice.payment)
            )
        number = await store.next_number(tx, notice.investor_id)
        notification_id = step_id(event_id, "notification")
        one = Notification(notification_id, number, notice.code, notice.params, notice.at, None)
        await store.add_notification(tx, notice.investor_id, one)
        data = {"notification_id": str(notification_id), "code": notice.code, "params": notice.params}
        await store.add_message(tx, notice.investor_id, Message(number, "notification", notice.at, data))

    async def read_after(self, investor_id: UUID, after: int | None) -> tuple[list[Message], int]:
        """What came behind `after`, and up to which number that is all. None: only where we are."""
        async with self._db.read() as tx:
            last = await store.last_number(tx, investor_id)
            if after is None or after >= last:
                return [], last
            messages = await store.read_messages(tx, investor_id, after, last, PAGE)
        return messages, messages[-1].number if len(messages) == PAGE else last

    async def last_numbers(self, investors: list[UUID]) -> dict[UUID, int]:
        """Where each of these investors is."""
        async with self._db.read() as tx:
            return await store.last_numbers(tx, investors)

    async def read_inbox(
        self, investor_id: UUID, *, before: int | None, offset: int, limit: int
    ) -> tuple[list[Notification], int | None]:
        """A page of the inbox, newest first, and where the next one begins."""
        async with self._db.read() as tx:
            found = await store.list_notifications(
                tx, investor_id, before=before, offset=offset, limit=limit + 1
            )
        return found[:limit], found[limit - 1].number if len(found) > limit else None

    async def mark_read(self, investor_id: UUID, notification_id: UUID) -> Notification:
        """The investor has read it."""
        async with self._db.begin() as tx:
            found = await store.mark_read(tx, investor_id, notification_id, self._clock.now())
        if found is None:
            raise NotificationUnknown("There is no such notification.")
        return found


def _key(ticket: str) -> str:
    return TICKET.format(digest=hashlib.sha256(ticket.encode()).hexdigest())
