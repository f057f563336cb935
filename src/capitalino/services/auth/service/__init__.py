"""What auth does, one file for each of its uses; `Auth` is all of them, wired."""

from dataclasses import dataclass
from datetime import timedelta

from valkey.asyncio import Valkey

from capitalino.contracts.users.api import UsersInvestors
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.limits import Limits
from capitalino.kit.mail import Mailer
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.sessions import Lifetimes
from capitalino.services.auth.service.cleaning import Cleaning
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.factors import Factors
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.investors import Investors
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.keys import Keys
from capitalino.services.auth.service.logins import Logins
from capitalino.services.auth.service.mailing import Mailing
from capitalino.services.auth.service.passwords import Passwords
from capitalino.services.auth.service.places import Places
from capitalino.services.auth.service.registrations import Registrations
from capitalino.services.auth.service.sessions import Sessions
from capitalino.services.auth.service.sign_ins import SignIns
from capitalino.services.auth.service.throttling import Throttle
from capitalino.services.auth.settings import AuthSettings


@dataclass(frozen=True, slots=True)
class Outside:
    """What auth is given from outside itself."""

    db: Database
    cache: Valkey
    clock: Clock
    users: UsersInvestors
    mailer: Mailer
    public_url: str


class Auth:
    """Its uses by name: `auth.sign_ins.sign_in(…)`."""

    def __init__(self, outside: Outside, settings: AuthSettings, seals: Seals) -> None:
        db, clock = outside.db, outside.clock
        self.passwords = Passwords(settings)
        guards = Guards(
            limits=Limits(outside.cache, "auth", clock),
            places=Places(seals),
            throttle=Throttle(clock),
            passwords=self.passwords,
        )
        self.keys = Keys(db, clock, seals, timedelta(seconds=settings.key_signs_s))
        self.epochs = Epochs(db, outside.cache, clock)
        self.investors = Investors(db, clock, outside.users)
        self.cleaning = Cleaning(db, clock)
        issuing = Issuing(clock, seals, self.keys, lifetimes(settings))
        self.logins = Logins(db, clock, places=guards.places, issuing=issuing, epochs=self.epochs)
        self.mailing = Mailing(
            db,
            clock,
            seals=seals,
            mailer=outside.mailer,
            public_url=outside.public_url,
            link_ttl_s=settings.link_ttl_s,
        )
        self.sessions = Sessions(db, clock, seals=seals, issuing=issuing, epochs=self.epochs)
        self.factors = Factors(db, clock, seals=seals, issuing=issuing, guards=guards, epochs=self.epochs)
        self.registrations = Registrations(
            db,
            clock,
            settings=settings,
            seals=seals,
            guards=guards,
            mailing=self.mailing,
            investors=self.investors,
        )
        self.sign_ins = SignIns(
            db,
            clock,
            settings=settings,
            guards=guards,
            issuing=issuing,
            factors=self.factors,
            investors=self.investors,
            epochs=self.epochs,
        )


def lifetimes(settings: AuthSettings) -> Lifetimes:
    """How long things last, as the settings say."""
    return Lifetimes(
        absolute=timedelta(seconds=settings.session_absolute_s),
        idle=timedelta(seconds=settings.session_idle_s),
        grace=timedelta(seconds=settings.refresh_grace_s),
        setup=timedelta(seconds=settings.setup_ttl_s),
        token=timedelta(seconds=settings.token_ttl_s),
    )
