"""Who may open a socket: from our own pages, with a ticket, and not too many."""

from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from capitalino.kit.errors import AppError, Kind
from capitalino.kit.http import STATUS, Failure, Meta, Problem
from capitalino.kit.ids import new_id
from capitalino.kit.settings import Shared
from capitalino.services.notifications.errors import OriginRefused, SocketsFull, SocketUnknown
from capitalino.services.notifications.live.client import Socket
from capitalino.services.notifications.service import Notifications

log = structlog.get_logger()
PATH = "/api/v1/ws"
TWINS = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}
ID_DIGITS_MAX = 18


class Room(Protocol):
    """How full it is."""

    def has_room(self, investor_id: UUID) -> bool:
        """Whether this investor may open one more."""
        ...


def origins(shared: Shared) -> frozenset[str]:
    """The pages that may open a socket; while developing, this machine under its other name too."""
    found = set()
    for own in map(urlsplit, (shared.public_url, *shared.also_origins)):
        hosts = [own.netloc]
        if shared.mode == "development" and own.hostname in TWINS:
            hosts.append(own.netloc.replace(own.hostname, TWINS[own.hostname], 1))
        found |= {f"{own.scheme}://{host}" for host in hosts}
    return frozenset(found)


class Door:
    """Looks at every request before it becomes a socket."""

    def __init__(self, notifications: Notifications, shared: Shared, room: Room) -> None:
        self._notifications, self._room = notifications, room
        self._origins = origins(shared)

    async def __call__(self, socket: ServerConnection, request: Request) -> Response | None:
        """None lets it in; anything else is the refusal, in the usual envelope."""
        assert isinstance(socket, Socket)
        try:
            await self._let_in(socket, request)
        except AppError as error:
            log.info("socket.refused", refusal=error.code)
            return _refused(error, request.headers.get("X-Request-ID") or str(new_id()))
        return None

    async def _let_in(self, socket: Socket, request: Request) -> None:
        asked = urlsplit(request.path)
        if asked.path != PATH:
            raise SocketUnknown("There is nothing at this address.")
        if request.headers.get("Origin") not in self._origins:
            raise OriginRefused("Sockets are opened from our own pages only.")
        query = parse_qs(asked.query)
        socket.caller = await self._notifications.take_ticket(query.get("ticket", [""])[0])
        last_id = query.get("last_id", [""])[0]
        if last_id.isascii() and last_id.isdecimal() and len(last_id) <= ID_DIGITS_MAX:
            socket.after = int(last_id)
        if not self._room.has_room(socket.caller.investor_id):
            raise SocketsFull("There are too many sockets open.", retry_after_s=10)


def _refused(error: AppError, request_id: str) -> Response:
    problem = Problem(code=error.code, message=error.message, details=error.details)
    body = Failure(success=False, error=problem, meta=Meta(request_id=request_id)).model_dump_json().encode()
    status = HTTPStatus(STATUS[error.kind])
    headers = Headers(
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("X-Request-ID", request_id),
        ]
    )
    if error.kind in (Kind.UNAVAILABLE, Kind.RATE_LIMITED):
        headers["Retry-After"] = str(error.details.get("retry_after_s", 1))
    return Response(status.value, status.phrase, headers, body)
