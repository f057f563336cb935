"""Every refusal of notifications."""

from capitalino.kit.errors import AppError, Kind


class NotificationUnknown(AppError):
    """There is no such notification, or it is somebody else's."""

    code = "notifications.unknown"
    kind = Kind.NOT_FOUND


class LiveUnavailable(AppError):
    """Sockets cannot be opened now."""

    code = "notifications.live_unavailable"
    kind = Kind.UNAVAILABLE


class TicketRefused(AppError):
    """The ticket is unknown, used or too old: ask for another."""

    code = "notifications.ticket_refused"
    kind = Kind.UNAUTHENTICATED


class OriginRefused(AppError):
    """Sockets are opened from our own pages only."""

    code = "notifications.origin_refused"
    kind = Kind.FORBIDDEN


class SocketsFull(AppError):
    """This investor, or this server, has as many sockets open as it may."""

    code = "notifications.sockets_full"
    kind = Kind.RATE_LIMITED


class SocketUnknown(AppError):
    """The hub has one address only."""

    code = "notifications.address_unknown"
    kind = Kind.NOT_FOUND
