"""The mail catcher: takes every message by SMTP, keeps the newest ones, delivers none."""

import secrets
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from capitalino.kit.clock import Clock
from capitalino.sandbox.store import Store

KEPT = 1000


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as a person would read it."""

    id: str
    at: str
    sender: str
    to: str
    subject: str
    text: str
    html: str

    def as_json(self) -> dict[str, str]:
        """For a test that looks for it."""
        return asdict(self)


class Mailbox:
    """What was caught, newest first; and the SMTP server's way of handing it in."""

    def __init__(self, store: Store, clock: Clock, kept: int = KEPT) -> None:
        self._store = store
        self._clock = clock
        self._kept = kept

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name in aiosmtpd
        """Keep a message, then say so."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        message = message_from_bytes(raw, policy=policy.default)
        with self._store.transaction():
            self._store.sql.execute(
                "INSERT INTO mail VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    secrets.token_hex(12),
                    self._clock.now().isoformat(),
                    envelope.mail_from or "",
                    ", ".join(envelope.rcpt_tos),
                    str(message["subject"] or ""),
                    _part(message, "plain"),
                    _part(message, "html"),
                ),
            )
            self._store.sql.execute(
                "DELETE FROM mail WHERE rowid <= (SELECT max(rowid) FROM mail) - ?",
                (self._kept,),
            )
        return "250 Caught"

    def listed(self) -> list[Mail]:
        """Newest first."""
        rows = self._store.sql.execute(
            "SELECT message_id, at, sender, recipients, subject, text, html FROM mail ORDER BY rowid DESC"
        )
        return [Mail(*row) for row in rows]

    def clear(self) -> None:
        """Forget all."""
        self._store.sql.execute("DELETE FROM mail")


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    if body is None:
        return ""
    try:
        return str(body.get_content())
    except (LookupError, UnicodeError):
        # A character set that nobody knows: show what can be read.
        payload = body.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
