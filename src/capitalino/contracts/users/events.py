"""What users tells."""

from typing import ClassVar
from uuid import UUID

from capitalino.kit.message import Event


class ProfileChanged(Event):
    """A profile was made or changed: what other services need of it, and no personal data."""

    subject: ClassVar[str] = "users.profile_changed.v1"

    user_id: UUID
    investor_id: UUID
    language: str
    base_asset: str
    time_zone: str

    @property
    def key(self) -> str:
        """The investor."""
        return str(self.investor_id)
