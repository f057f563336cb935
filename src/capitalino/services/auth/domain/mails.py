"""Writing our mails: the words of `letters`, as text and as HTML."""

from dataclasses import dataclass
from html import escape

from capitalino.services.auth.domain.letters import LETTERS, Letter, MailKind

__all__ = ["LETTERS", "Letter", "MailKind", "Written", "write"]
DIGITS_FA = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@dataclass(frozen=True, slots=True)
class Written:
    """A mail, ready to be sent."""

    subject: str
    text: str
    html: str


def write(kind: MailKind, language: str, link: str, hours: int, place: str = "") -> Written:
    """The mail of `kind` in the reader's language, as text and as HTML."""
    letter = LETTERS[kind, language]
    figure = str(hours).translate(DIGITS_FA) if language == "fa" else str(hours)
    body = letter.body.format(hours=figure, place=place)
    text = f"{letter.greeting}\n\n{body}\n\n{link}\n\n{letter.ending}\n\nCapitalino\n"
    return Written(subject=letter.subject, text=text, html=_page(letter, body, link, language))


def _page(letter: Letter, body: str, link: str, language: str) -> str:
    direction = "rtl" if language == "fa" else "ltr"
    href = escape(link, quote=True)
    return f"""<!doctype html>
<html lang="{language}" dir="{direction}"><head><meta charset="utf-8">
<title>{escape(letter.subject)}</title></head>
<body style="margin:0;padding:32px 16px;background:#f4f5f7;font-family:Vazirmatn,Tahoma,Arial,sans-serif">
<table role="presentation" align="center" width="100%"
style="max-width:520px;background:#fff;border-radius:12px">
<tr><td style="padding:32px;color:#1a1d23;font-size:16px;line-height:1.6">
<h1 style="margin:0 0 16px;font-size:22px">{escape(letter.greeting)}</h1>
<p style="margin:0 0 24px">{escape(body)}</p>
<p style="margin:0 0 24px"><a href="{href}" style="display:inline-block;padding:12px 24px;border-radius:8px;
background:#1a56db;color:#fff;text-decoration:none">{escape(letter.button)}</a></p>
<p style="margin:0 0 24px;font-size:13px;color:#5b6472;word-break:break-all" dir="ltr">{href}</p>
<p style="margin:0;font-size:13px;color:#5b6472">{escape(letter.ending)}</p>
</td></tr></table></body></html>
"""
