"""Who of the staff read what of whom: noted before it is answered, in the log of the service that answers."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from capitalino.kit import audit
from capitalino.kit.auth import principal_of
from capitalino.kit.auth.principals import READING, STAFF
from capitalino.kit.db import Database

ADMIN = "/api/v1/admin/"


def noting(db: Database) -> Callable[[Request], Awaitable[None]]:
    """For every route of a service: what cannot be noted is not answered."""
    action = f"{db.schema.name}.read"

    async def note(request: Request) -> None:
        if request.method not in READING or not request.url.path.startswith(ADMIN):
            return
        who = await principal_of(request)
        if not who.roles & STAFF:
            return
        asked = dict(request.query_params)
        async with db.begin() as tx:
            subject = request.url.path.removeprefix(ADMIN)
            await audit.record(tx, str(who.user_id), action, subject, {"query": asked} if asked else None)

    return note
