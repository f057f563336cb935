"""Mails, sent by SMTP. What they say, and in which language, is the caller's business."""

import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.db import outside_transaction
from capitalino.kit.errors import AppError, Kind

PORTS = {"smtp": 25, "smtps": 465}
PERMANENT_FROM = 500


class MailRefused(AppError):
    """The mail cannot be sent as it is: asking again does not help."""

    code = "mail_refused"
    kind = Kind.INVALID


class MailUnavailable(AppError):
    """The mail server is away: it may be sent again with the same id."""

    code = "mail_unavailable"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. A repeat has the same `mail_id`, thus the same Message-ID, and can be known."""

    mail_id: UUID
    to: str
    subject: str
    text: str
    html: str | None = None


class Mailer(Protocol):
    """Sends mails."""

    async def send(self, mail: Mail) -> None:
        """MailUnavailable when it may be tried again, MailRefused when not."""
        ...


class SmtpMailer:
    """Sends through smtp://[user:password@]host[:port] (with STARTTLS where the server has it) or smtps://."""

    def __init__(self, url: str, sender: str, *, timeout_s: float = 10.0, clock: Clock = SYSTEM) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("a mail server is written smtp://host:port or smtps://host:port")
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = ssl.create_default_context() if parts.scheme == "smtps" else None
        self._sender, self._timeout_s, self._clock = sender, timeout_s, clock

    async def send(self, mail: Mail) -> None:
        """Send one mail."""
        outside_transaction()
        message = self._written(mail)
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls is not None,
                tls_context=self._tls,
                timeout=self._timeout_s,
            )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            raise _refusal(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable("The mail server does not answer.") from error

    def _written(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        try:
            message["From"] = self._sender
            message["To"] = _address(mail.to)
            message["Subject"] = mail.subject
        except (
            ValueError,
            MessageError,
        ) as error:  # a line break would begin a header of the writer's choice
            raise MailRefused("The mail has an address or a subject that cannot be written.") from error
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{mail.mail_id}@{_domain(self._sender)}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        if mail.html is not None:
            message.add_alternative(mail.html, subtype="html")
        return message


def _address(text: str) -> Address:
    """Exactly one address, without a name: a list of them or a comment is refused."""
    user, at, domain = text.rpartition("@")
    if not at or not user or not domain or not text.isprintable() or set(text) & set(' ,;:<>()[]"\\'):
        raise ValueError("not one plain address")
    return Address(username=user, domain=domain)


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


def _refusal(error: aiosmtplib.SMTPException) -> AppError:
    """4xx and trouble with our own login pass; 5xx about this mail does not."""
    first = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    code = first.code if isinstance(first, aiosmtplib.SMTPResponseException) else 0
    if code < PERMANENT_FROM or isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return MailUnavailable("The mail server does not take mails now.")
    return MailRefused("The mail server does not take this mail.")
