"""What a login did that its owner should be able to look up, and what its owner is told of at once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from capitalino.services.auth.domain.letters import MailKind


class Act(StrEnum):
    """One sort of thing that happened."""

    SIGNED_IN = "signed_in"
    NEW_DEVICE = "new_device"
    STEPPED_UP = "stepped_up"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    SESSION_STOLEN = "session_stolen"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of an act
    PASSWORD_RESET = "password_reset"  # noqa: S105  # the name of an act
    FACTOR_SET = "factor_set"
    FACTOR_REPLACED = "factor_replaced"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    API_KEY_MADE = "api_key_made"
    API_KEY_REVOKED = "api_key_revoked"


ALERTS = {
    Act.NEW_DEVICE: MailKind.NEW_DEVICE,
    Act.PASSWORD_CHANGED: MailKind.PASSWORD_CHANGED,
    Act.PASSWORD_RESET: MailKind.PASSWORD_CHANGED,
    Act.FACTOR_REPLACED: MailKind.FACTOR_REPLACED,
    Act.RECOVERY_CODES_MADE: MailKind.RECOVERY_CODES_MADE,
    Act.RECOVERY_CODE_USED: MailKind.RECOVERY_CODE_USED,
    Act.PASSKEY_ADDED: MailKind.PASSKEY_ADDED,
    Act.PASSKEY_COPIED: MailKind.PASSKEY_COPIED,
    Act.API_KEY_MADE: MailKind.API_KEY_MADE,
}
"""What its owner hears of by mail, because somebody else may have done it."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened. `subject` is the id of the session, passkey or API key that it is about."""

    activity_id: UUID
    position: int
    act: Act
    noted_at: datetime
    origin_sealed: bytes
    subject: str | None
