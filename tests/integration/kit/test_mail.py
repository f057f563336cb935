"""Mails arrive at a real SMTP server as they were written; what could be misused is never sent."""

import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from capitalino.kit.mail import Mail, MailRefused, MailUnavailable, SmtpMailer
from tests.support.clock import SettableClock
from tests.support.keeper import free_port

MAIL = Mail(UUID(int=7), "ann@example.com", "Confirm / تأیید", "Your code\n", "<p>Your code</p>")
SENDER = "Capitalino <no-reply@capitalino.test>"


class Box:
    """Takes mails, or answers what it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer_to_rcpt = self.answer_to_data = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer_to_rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer_to_data


def serve(box: Box, **options: Any) -> Iterator[str]:
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    yield f"127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def server(box: Box) -> Iterator[str]:
    yield from serve(box)


async def test_a_mail_arrives_as_it_was_written(server: str, box: Box, clock: SettableClock) -> None:
    await SmtpMailer(f"smtp://{server}", SENDER, clock=clock).send(MAIL)
    [mail] = box.mails
    assert mail["From"] == SENDER
    assert mail["To"] == "ann@example.com"
    assert mail["Subject"] == MAIL.subject
    assert mail["Date"].datetime == clock.now()
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.iter_parts()
    assert text.get_content().replace("\r", "") == "Your code\n"
    assert "<p>Your code</p>" in html.get_content()


async def test_a_repeat_has_the_same_message_id(server: str, box: Box) -> None:
    mailer = SmtpMailer(f"smtp://{server}", SENDER)
    plain = Mail(UUID(int=8), "ann@example.com", "Hello", "Hello")
    await mailer.send(plain)
    await mailer.send(plain)
    assert [mail["Message-ID"] for mail in box.mails] == [f"<{UUID(int=8)}@capitalino.test>"] * 2
    assert box.mails[0].get_content_type() == "text/plain"


@pytest.mark.parametrize(
    "to, subject",
    [
        ("ann@example.com\r\nBcc: eve@example.com", "Hello"),
        ("ann@example.com, eve@example.com", "Hello"),
        ("Ann <ann@example.com>", "Hello"),
        ("ann", "Hello"),
        ("ann@", "Hello"),
        ("@example.com", "Hello"),
        ("ann@example.com", "Hello\r\nBcc: eve@example.com"),
        ("ann@example.com", "Hello\nBcc: eve@example.com"),
    ],
)
async def test_headers_cannot_be_slipped_in(server: str, box: Box, to: str, subject: str) -> None:
    with pytest.raises(MailRefused):
        await SmtpMailer(f"smtp://{server}", SENDER).send(Mail(UUID(int=1), to, subject, "Hello"))
    assert box.mails == []


@pytest.mark.parametrize(
    "rcpt, data, refusal",
    [
        ("550 No such person", "250 OK", MailRefused),
        ("450 Come back later", "250 OK", MailUnavailable),
        ("250 OK", "554 No", MailRefused),
        ("250 OK", "451 Not now", MailUnavailable),
    ],
)
async def test_what_the_server_says_decides_about_a_repeat(
    server: str, box: Box, rcpt: str, data: str, refusal: type[Exception]
) -> None:
    box.answer_to_rcpt, box.answer_to_data = rcpt, data
    with pytest.raises(refusal):
        await SmtpMailer(f"smtp://{server}", SENDER).send(MAIL)


async def test_a_server_that_is_away_or_silent_is_unavailable() -> None:
    with pytest.raises(MailUnavailable):
        await SmtpMailer(f"smtp://127.0.0.1:{free_port()}", SENDER).send(MAIL)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(MailUnavailable):
            await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER, timeout_s=0.1).send(MAIL)


def only_ann(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = LoginPassword(b"ann", b"p@ss")
    return AuthResult(success=data == right, handled=False)


@pytest.mark.parametrize("password, arrived", [("p%40ss", 1), ("wrong", 0)])
async def test_it_signs_in_and_a_wrong_password_is_no_fault_of_the_mail(
    box: Box, password: str, arrived: int
) -> None:
    for server in serve(box, authenticator=only_ann, auth_require_tls=False):
        mailer = SmtpMailer(f"smtp://ann:{password}@{server}", SENDER)
        if arrived:
            await mailer.send(MAIL)
        else:
            with pytest.raises(MailUnavailable):
                await mailer.send(MAIL)
    assert len(box.mails) == arrived


async def test_smtps_wants_a_certificate_that_it_can_trust(server: str, box: Box) -> None:
    with pytest.raises(MailUnavailable):
        await SmtpMailer(f"smtps://{server}", SENDER, timeout_s=0.5).send(MAIL)
    assert isinstance(SmtpMailer("smtps://mail.test", SENDER)._tls, ssl.SSLContext)
    assert box.mails == []


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail:25"])
def test_other_addresses_of_servers_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://host:port"):
        SmtpMailer(url, SENDER)
