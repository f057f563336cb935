"""What our mails say."""

import pytest

from capitalino.services.auth.domain.mails import LETTERS, MailKind, write

LINK = "https://example.com/verify?token=a&b=<c>"


@pytest.mark.parametrize("kind", list(MailKind))
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_mail_is_there_in_both_languages(kind: MailKind, language: str) -> None:
    written = write(kind, language, LINK, 24)
    assert LINK in written.text
    assert 'href="https://example.com/verify?token=a&amp;b=&lt;c&gt;"' in written.html
    assert ('dir="rtl"' in written.html) is (language == "fa")
    assert "{" not in written.text + written.subject
    assert "\n" not in written.subject


def test_persian_mails_have_persian_digits() -> None:
    assert "۲۴" in write(MailKind.CONFIRM_EMAIL, "fa", LINK, 24).text


def test_no_letter_is_missing() -> None:
    assert set(LETTERS) == {(kind, language) for kind in MailKind for language in ("en", "fa")}
