"""How auth is put together."""

from capitalino.contracts.auth.events import SessionClosed, SessionOpened
from capitalino.contracts.users.api import UsersInvestors
from capitalino.kit.loops import Loop
from capitalino.kit.mail import SmtpMailer
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.routes import routes
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.service import Auth, Outside
from capitalino.services.auth.settings import AuthSettings
from capitalino.services.auth.tables import schema

ENTRANCE = ["registrations", "email-verifications", "sessions", "totp", "jwks", "password-resets"]
KEPT = ["recovery-codes", "password-changes", "passkey-options", "passkeys", "api-keys", "security-activity"]


def build(given: Given) -> Parts:
    """Wire it; nothing is opened yet."""
    auth, shared = make(given), given.shared
    browser = Browser(shared.public_url, shared.also_origins, is_production=shared.mode == "production")
    return Parts(
        router=routes(auth, browser),
        loops=(
            Loop("auth-mails", 0.05, auth.mailing.round),
            Loop("auth-investors", 5, auth.investors.resume),
            Loop("auth-keys", 30, auth.keys.rotate, lease=True),
            Loop("auth-epochs", 2, auth.epochs.refresh),
            Loop("auth-passes", 2, auth.passes.round, lease=True),
            Loop("auth-expiry", 15, auth.sessions.expire, lease=True),
            Loop("auth-roles", 5, auth.admins.end_roles, lease=True),
            Loop("auth-cleaning", 3600, auth.cleaning.round, lease=True),
            Loop("auth-resealing", 60, auth.resealing.round, lease=True),
        ),
        resources=(auth.passwords.open,),
    )


def make(given: Given) -> Auth:
    """The service alone, for commands: `make(given).logins.grant_role(…)`."""
    settings, shared = given.settings_as(AuthSettings), given.shared
    mailer = SmtpMailer(shared.smtp_url.get_secret_value(), shared.mail_from, clock=given.clock)
    users = given.peer(UsersInvestors)
    outside = Outside(given.db, given.cache, given.clock, users, mailer, shared)
    return Auth(outside, settings, Seals.of(settings, shared.mode))


module = Module(
    name="auth",
    build=build,
    words=(*ENTRANCE, *KEPT),
    entrance=("sessions", "registrations", "password-resets/completions", "password-changes"),
    schema=schema,
    settings=AuthSettings,
    asks=(UsersInvestors,),
    tells=(SessionOpened, SessionClosed),
)
