"""What auth tells."""

from typing import ClassVar
from uuid import UUID

from capitalino.kit.message import Event


class SessionOpened(Event):
    """Somebody signed in. `is_new_device`: from where this login was never seen."""

    subject: ClassVar[str] = "auth.session_opened.v1"

    user_id: UUID
    investor_id: UUID | None
    session_id: UUID
    is_new_device: bool

    @property
    def key(self) -> str:
        """The login."""
        return str(self.user_id)


class SessionClosed(Event):
    """A session ended: signed out, revoked or stolen. Live sockets of it are cut."""

    subject: ClassVar[str] = "auth.session_closed.v1"

    user_id: UUID
    session_id: UUID
    reason: str

    @property
    def key(self) -> str:
        """The login."""
        return str(self.user_id)
