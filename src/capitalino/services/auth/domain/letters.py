"""The words of our mails, in English and Persian."""

from dataclasses import dataclass
from enum import StrEnum


class MailKind(StrEnum):
    """What a mail is about."""

    CONFIRM_EMAIL = "confirm_email"
    ALREADY_REGISTERED = "already_registered"
    RESET_PASSWORD = "reset_password"  # noqa: S105  # the name of a mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of a mail
    NEW_DEVICE = "new_device"
    FACTOR_REPLACED = "factor_replaced"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_COPIED = "passkey_copied"
    API_KEY_MADE = "api_key_made"
    EMERGENCY_ACCESS = "emergency_access"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's words in one language. `{hours}` and `{place}` are filled in."""

    subject: str
    greeting: str
    body: str
    button: str
    ending: str


NOT_YOU_EN = "If that was you, there is nothing to do. If not, reset your password now and talk to support."
NOT_YOU_FA = (
    "اگر خود شما بوده‌اید، کاری لازم نیست. اگر نه، همین حالا گذرواژه را عوض کنید و با پشتیبانی تماس بگیرید."
)
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
    (MailKind.RESET_PASSWORD, "en"): Letter(
        subject="Choose a new password",
        greeting="A new password",
        body="Open this link to choose a new password. It works once, within half an hour. "
        "Signing in will still ask for your second factor.",
        button="Choose a new password",
        ending="If you did not ask for it, do nothing: your password stays as it is.",
    ),
    (MailKind.RESET_PASSWORD, "fa"): Letter(
        subject="گذرواژهٔ تازه برگزینید",
        greeting="گذرواژهٔ تازه",
        body="برای برگزیدن گذرواژهٔ تازه این پیوند را باز کنید. پیوند یک بار و تا نیم ساعت کار "
        "می‌کند. هنگام ورود باز هم عامل دوم پرسیده می‌شود.",
        button="گذرواژهٔ تازه",
        ending="اگر شما نخواسته‌اید، کاری نکنید: گذرواژهٔ شما همان می‌ماند.",
    ),
    (MailKind.PASSWORD_CHANGED, "en"): Letter(
        subject="Your password was changed",
        greeting="Your password was changed",
        body="The password of your account was changed from {place}. Other sessions were signed out.",
        button="Sign in",
        ending=NOT_YOU_EN,
    ),
    (MailKind.PASSWORD_CHANGED, "fa"): Letter(
        subject="گذرواژهٔ شما عوض شد",
        greeting="گذرواژهٔ شما عوض شد",
        body="گذرواژهٔ حساب شما از {place} عوض شد. نشست‌های دیگر بسته شدند.",
        button="ورود",
        ending=NOT_YOU_FA,
    ),
    (MailKind.NEW_DEVICE, "en"): Letter(
        subject="A new device signed in",
        greeting="A new device",
        body="Somebody signed in to your account on a device that we had not seen before: {place}.",
        button="Look at my sessions",
        ending=NOT_YOU_EN,
    ),
    (MailKind.NEW_DEVICE, "fa"): Letter(
        subject="ورود از دستگاهی تازه",
        greeting="دستگاهی تازه",
        body="کسی با دستگاهی که پیش‌تر ندیده بودیم وارد حساب شما شد: {place}.",
        button="نشست‌های من",
        ending=NOT_YOU_FA,
    ),
    (MailKind.FACTOR_REPLACED, "en"): Letter(
        subject="Your second factor was replaced",
        greeting="Another authenticator",
        body="The second factor of your account was replaced from {place}. Other sessions were signed out.",
        button="Sign in",
        ending=NOT_YOU_EN,
    ),
    (MailKind.FACTOR_REPLACED, "fa"): Letter(
        subject="عامل دوم شما عوض شد",
        greeting="عامل دوم تازه",
        body="عامل دوم حساب شما از {place} عوض شد. نشست‌های دیگر بسته شدند.",
        button="ورود",
        ending=NOT_YOU_FA,
    ),
    (MailKind.RECOVERY_CODE_USED, "en"): Letter(
        subject="A recovery code was used",
        greeting="A recovery code was used",
        body="One of your recovery codes was used from {place}. It is worth nothing any more.",
        button="Look at my recovery codes",
        ending=NOT_YOU_EN,
    ),
    (MailKind.RECOVERY_CODE_USED, "fa"): Letter(
        subject="یک کد بازیابی به کار رفت",
        greeting="یک کد بازیابی به کار رفت",
        body="یکی از کدهای بازیابی شما از {place} به کار رفت و دیگر ارزشی ندارد.",
        button="کدهای بازیابی من",
        ending=NOT_YOU_FA,
    ),
    (MailKind.RECOVERY_CODES_MADE, "en"): Letter(
        subject="You have new recovery codes",
        greeting="New recovery codes",
        body="New recovery codes were made from {place}. The old ones are worth nothing any more.",
        button="Look at my recovery codes",
        ending=NOT_YOU_EN,
    ),
    (MailKind.RECOVERY_CODES_MADE, "fa"): Letter(
        subject="کدهای بازیابی تازه دارید",
        greeting="کدهای بازیابی تازه",
        body="از {place} کدهای بازیابی تازه ساخته شد. کدهای پیشین دیگر ارزشی ندارند.",
        button="کدهای بازیابی من",
        ending=NOT_YOU_FA,
    ),
    (MailKind.PASSKEY_ADDED, "en"): Letter(
        subject="A passkey was added",
        greeting="A passkey was added",
        body="A passkey was added to your account from {place}. Whoever has it can sign in.",
        button="Look at my passkeys",
        ending=NOT_YOU_EN,
    ),
    (MailKind.PASSKEY_ADDED, "fa"): Letter(
        subject="یک گذرکلید افزوده شد",
        greeting="یک گذرکلید افزوده شد",
        body="از {place} گذرکلیدی به حساب شما افزوده شد. هر که آن را دارد می‌تواند وارد شود.",
        button="گذرکلیدهای من",
        ending=NOT_YOU_FA,
    ),
    (MailKind.PASSKEY_COPIED, "en"): Letter(
        subject="A passkey may have been copied",
        greeting="A passkey may have been copied",
        body="One of your passkeys was shown from {place} with an older counter than before: "
        "there may be a copy of it. We refused it.",
        button="Look at my passkeys",
        ending="Remove that passkey and add a new one.",
    ),
    (MailKind.PASSKEY_COPIED, "fa"): Letter(
        subject="شاید از گذرکلیدی رونوشت گرفته‌اند",
        greeting="شاید رونوشتی هست",
        body="یکی از گذرکلیدهای شما از {place} با شمارنده‌ای کهنه‌تر از پیش نشان داده شد: شاید "
        "رونوشتی از آن هست. آن را نپذیرفتیم.",
        button="گذرکلیدهای من",
        ending="آن گذرکلید را بردارید و یکی تازه بیفزایید.",
    ),
    (MailKind.API_KEY_MADE, "en"): Letter(
        subject="An API key was made",
        greeting="An API key was made",
        body="An API key for your account was made from {place}.",
        button="Look at my API keys",
        ending=NOT_YOU_EN,
    ),
    (MailKind.API_KEY_MADE, "fa"): Letter(
        subject="یک کلید API ساخته شد",
        greeting="یک کلید API ساخته شد",
        body="از {place} یک کلید API برای حساب شما ساخته شد.",
        button="کلیدهای من",
        ending=NOT_YOU_FA,
    ),
    (MailKind.EMERGENCY_ACCESS, "en"): Letter(
        subject="ALARM: emergency access was opened",
        greeting="Emergency access",
        body="Somebody at the servers has given an administrator's rights: {place}.",
        button="Sign in",
        ending="All administrators get this mail. If nobody told you why, ask now.",
    ),
    (MailKind.EMERGENCY_ACCESS, "fa"): Letter(
        subject="هشدار: دسترسی اضطراری باز شد",
        greeting="دسترسی اضطراری",
        body="کسی از روی سرور حق مدیریت داده است: {place}.",
        button="ورود",
        ending="این نامه به همهٔ مدیران می‌رسد. اگر دلیلش را نمی‌دانید، همین حالا بپرسید.",
    ),
}
