"""What auth does, one file for each of its uses; `Auth` is all of them, wired."""

from dataclasses import dataclass
from datetime import timedelta

from valkey.asyncio import Valkey

from capitalino.contracts.users.api import UsersInvestors
from capitalino.kit.clock import Clock
from capitalino.kit.crypto.resealing import Resealing
from capitalino.kit.db import Database
from capitalino.kit.limits import Limits
from capitalino.kit.mail import Mailer
from capitalino.kit.settings import Shared
from capitalino.services.auth.adapters.authenticators import Authenticators
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.sessions import Lifetimes
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.admins import Admins
from capitalino.services.auth.service.api_keys import ApiKeys
from capitalino.services.auth.service.cleaning import Cleaning
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.factors import Factors
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.investors import Investors
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.keys import Keys
from capitalino.services.auth.service.logins import Logins
from capitalino.services.auth.service.mailing import Mailing
from capitalino.services.auth.service.passes import Passes
from capitalino.services.auth.service.passkey_sign_ins import PasskeySignIns
from capitalino.services.auth.service.passkeys import Passkeys
from capitalino.services.auth.service.password_changes import PasswordChanges
from capitalino.services.auth.service.passwords import Passwords
from capitalino.services.auth.service.places import Places
from capitalino.services.auth.service.recovery_codes import RecoveryCodes
from capitalino.services.auth.service.registrations import Registrations
from capitalino.services.auth.service.sealed import COLUMNS
from capitalino.services.auth.service.sessions import Sessions
from capitalino.services.auth.service.sign_ins import SignIns
from capitalino.services.auth.service.standings import Standings
from capitalino.services.auth.service.step_ups import StepUps
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
    shared: Shared


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
        self.epochs = Epochs(db, outside.cache, clock)
        signs = timedelta(seconds=settings.key_signs_s)
        self.keys = Keys(db, clock, seals=seals, epochs=self.epochs, sign_for=signs)
        self.investors = Investors(db, clock, outside.users)
        self.cleaning = Cleaning(db, clock)
        self.mailing = Mailing(
            db,
            clock,
            seals=seals,
            mailer=outside.mailer,
            public_url=outside.shared.public_url,
            link_ttl_s=settings.link_ttl_s,
        )
        self.activities = Activities(db, clock, seals=seals, mailing=self.mailing)
        issuing = Issuing(clock, seals, self.keys, lifetimes(settings), self.activities)
        self.logins = Logins(db, clock, places=guards.places, issuing=issuing, epochs=self.epochs)
        self.admins = Admins(db, clock, seals=seals, guards=guards, mailing=self.mailing, epochs=self.epochs)
        self.sessions = Sessions(
            db, clock, seals=seals, issuing=issuing, epochs=self.epochs, activities=self.activities
        )
        self.factors = Factors(
            db,
            clock,
            seals=seals,
            issuing=issuing,
            guards=guards,
            epochs=self.epochs,
            activities=self.activities,
        )
        self._add_ways_in(outside, settings, seals, guards, issuing)
        self._add_what_logins_keep(outside, settings, seals, guards, issuing)

    def _add_ways_in(
        self, outside: Outside, settings: AuthSettings, seals: Seals, guards: Guards, issuing: Issuing
    ) -> None:
        db, clock = outside.db, outside.clock
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
        self.password_changes = PasswordChanges(
            db,
            clock,
            settings=settings,
            seals=seals,
            guards=guards,
            issuing=issuing,
            activities=self.activities,
            epochs=self.epochs,
        )

    def _add_what_logins_keep(
        self, outside: Outside, settings: AuthSettings, seals: Seals, guards: Guards, issuing: Issuing
    ) -> None:
        db, clock = outside.db, outside.clock
        standings = Standings(clock, issuing.lifetimes)
        self.recovery_codes = RecoveryCodes(
            db, factors=self.factors, activities=self.activities, standings=standings
        )
        self.passkeys = Passkeys(
            db,
            clock,
            seals=seals,
            authenticators=Authenticators(outside.shared.public_url, outside.shared.also_origins),
            activities=self.activities,
            standings=standings,
        )
        self.passkey_sign_ins = PasskeySignIns(
            db,
            clock,
            settings=settings,
            guards=guards,
            issuing=issuing,
            passkeys=self.passkeys,
            epochs=self.epochs,
        )
        self.step_ups = StepUps(
            db,
            clock,
            guards=guards,
            issuing=issuing,
            factors=self.factors,
            passkeys=self.passkeys,
            activities=self.activities,
            standings=standings,
        )
        self.resealing = Resealing(db, seals.ring, COLUMNS, seals.again)
        self.passes = Passes(db, outside.cache, clock, seals=seals, issuing=issuing)
        self.api_keys = ApiKeys(
            db,
            clock,
            seals=seals,
            activities=self.activities,
            standings=standings,
            epochs=self.epochs,
            passes=self.passes,
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
