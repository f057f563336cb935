"""Caught mail, and the page that shows it."""

from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import Envelope

from capitalino.sandbox.mail import Mailbox
from capitalino.sandbox.pages import mail_page, start_page
from capitalino.sandbox.store import Store
from tests.support.clock import SettableClock


@pytest.fixture
def mailbox(clock: SettableClock) -> Mailbox:
    return Mailbox(Store(":memory:"), clock)


async def caught(mailbox: Mailbox, content: bytes | EmailMessage) -> None:
    envelope = Envelope()
    envelope.mail_from = "from@example.com"
    envelope.rcpt_tos = ["to@example.com"]
    envelope.content = content if isinstance(content, bytes) else content.as_bytes()
    answer = await mailbox.handle_DATA(None, None, envelope)  # type: ignore[arg-type]
    assert answer.startswith("250")


def letter(subject: str, text: str, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


async def test_text_html_and_subject_are_read(mailbox: Mailbox) -> None:
    await caught(mailbox, letter("Grüße سلام", "Hello\n", "<p>Hello</p>"))
    (mail,) = mailbox.listed()
    assert (mail.subject, mail.text, mail.html) == ("Grüße سلام", "Hello\n", "<p>Hello</p>\n")
    assert (mail.to, mail.sender) == ("to@example.com", "from@example.com")


async def test_the_newest_is_first_and_the_oldest_go(clock: SettableClock) -> None:
    mailbox = Mailbox(Store(":memory:"), clock, kept=3)
    for i in range(5):
        await caught(mailbox, letter(str(i), "x"))
    assert [mail.subject for mail in mailbox.listed()] == ["4", "3", "2"]
    mailbox.clear()
    assert mailbox.listed() == []


@pytest.mark.parametrize(
    "raw", [b"", b"no header at all", b"Content-Type: text/plain; charset=nothing\n\n\xff\xfe", b"\x00\xff"]
)
async def test_a_broken_message_is_kept_as_far_as_it_can_be_read(mailbox: Mailbox, raw: bytes) -> None:
    await caught(mailbox, raw)
    assert len(mailbox.listed()) == 1


async def test_the_page_shows_what_was_sent_and_runs_nothing_of_it(mailbox: Mailbox) -> None:
    attack = "<script>alert(1)</script>"
    await caught(mailbox, letter(attack, f"{attack} http://localhost:8000/verify?token=a&b=<c", attack))
    page = mail_page(mailbox.listed())
    assert "<script" not in page
    assert '<iframe sandbox title="The mail as HTML" srcdoc="&lt;script&gt;' in page
    assert 'href="http://localhost:8000/verify?token=a&amp;b="' in page


def test_the_start_page_escapes_its_note() -> None:
    assert "<b>" not in start_page("<b>")
    assert 'action="exchange/deposits"' in start_page(), (
        "links are relative: the edge serves it under /sandbox/"
    )


def test_the_app_fills_the_form_in_and_nobody_writes_into_the_page() -> None:
    page = start_page(asked={"asset": "ETH", "amount": "2.5", "address": "0xabc", "tag": '"><script>'})
    assert '<option value="ETH" selected>' in page
    assert 'value="2.5"' in page
    assert 'value="0xabc"' in page
    assert "<script>" not in page
