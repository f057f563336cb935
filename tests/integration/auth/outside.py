"""What is outside of auth in its tests: a clock that is moved by hand, users, and a mail server."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from capitalino.contracts.users.api import InvestorOpened, OpenInvestor
from capitalino.kit.clock import SYSTEM
from capitalino.kit.errors import PeerUnavailable
from tests.support.keeper import free_port

TOKEN = re.compile(r"/(?:verify|reset-password)\?token=([A-Za-z0-9_-]{43})")


class MovableClock:
    """The machine's clock, moved on by hand."""

    def __init__(self) -> None:
        # Behind: tokens of a time to come would not be taken, and tests move it on.
        self._by = timedelta(seconds=-180)

    def now(self) -> datetime:
        """The instant."""
        return SYSTEM.now() + self._by

    def monotonic(self) -> float:
        """Seconds."""
        return SYSTEM.monotonic() + self._by.total_seconds()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._by += timedelta(seconds=seconds)


class FakeUsers:
    """Opens every investor, or is away."""

    def __init__(self) -> None:
        self.opened: list[OpenInvestor] = []
        self.is_away = False

    async def open_investor(self, command: OpenInvestor) -> InvestorOpened:
        """As users does."""
        if self.is_away:
            raise PeerUnavailable("away")
        repeated = command in self.opened
        self.opened.append(command)
        return InvestorOpened(investor_id=command.investor_id, repeated=repeated)


class Mailbox:
    """A real SMTP server that keeps what it gets, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        if self.answer.startswith("250"):
            content = envelope.original_content or b""
            self.mails.append(message_from_bytes(content, policy=policy.default))
        return self.answer

    def token(self) -> str:
        """The token of the last link."""
        found = [TOKEN.search(text_of(mail)) for mail in self.mails]
        (last,) = [match for match in found if match][-1:]
        return last[1]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The `plain` or `html` text of a mail."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server of this test."""
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    box.port = server.port
    yield box
    server.stop()
