"""The texts of our mails, in English and Persian."""

from dataclasses import dataclass
from enum import StrEnum
from html import escape


class MailKind(StrEnum):
    """What a mail is about."""

    CONFIRM_EMAIL = "confirm_email"
    ALREADY_REGISTERED = "already_registered"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's words in one language. `{hours}` is filled in."""

    subject: str
    greeting: str
    body: str
    button: str
    ending: str


@dataclass(frozen=True, slots=True)
class Written:
    """A mail, ready to be sent."""

    subject: str
    text: str
    html: str


LETTERS = {
    (MailKind.CONFIRM_EMAIL, "en"): Letter(
        subject="Confirm your e-mail address",
        greeting="Welcome to Capitalino",
        body="Open this link to confirm your e-mail address. It works once, within {hours} hours.",
        button="Confirm my address",
        ending="If you did not register, do nothing: without the link there will be no account.",
    ),
    (MailKind.CONFIRM_EMAIL, "fa"): Letter(
        subject="نشانی ایمیل خود را تأیید کنید",
        greeting="به کاپیتالینو خوش آمدید",
        body="برای تأیید نشانی ایمیل خود این پیوند را باز کنید. پیوند یک بار و تا {hours} ساعت کار می‌کند.",
        button="تأیید نشانی من",
        ending="اگر شما ثبت‌نام نکرده‌اید، کاری نکنید: بدون این پیوند حسابی ساخته نمی‌شود.",
    ),
    (MailKind.ALREADY_REGISTERED, "en"): Letter(
        subject="You already have an account",
        greeting="You are with us already",
        body="Somebody, perhaps you, tried to register with this address. It has an account: just sign in.",
        button="Sign in",
        ending="If that was not you, do nothing: nobody has seen or changed anything.",
    ),
    (MailKind.ALREADY_REGISTERED, "fa"): Letter(
        subject="شما از پیش حساب دارید",
        greeting="شما از پیش با ما هستید",
        body="کسی، شاید خود شما، خواست با این نشانی ثبت‌نام کند، اما حساب هست. کافی است وارد شوید.",
        button="ورود",
        ending="اگر شما نبوده‌اید، کاری نکنید: کسی چیزی را ندیده و تغییر نداده است.",
    ),
}
DIGITS_FA = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def write(kind: MailKind, language: str, link: str, hours: int) -> Written:
    """The mail of `kind` in the reader's language, as text and as HTML."""
    letter = LETTERS[kind, language]
    figure = str(hours).translate(DIGITS_FA) if language == "fa" else str(hours)
    body = letter.body.format(hours=figure)
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
