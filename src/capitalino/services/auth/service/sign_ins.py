"""Signing in: the password, then the second factor. Every road ends at the one gate and in `Issuing`."""

from datetime import timedelta

import structlog

from capitalino.kit.clock import Clock
from capitalino.kit.crypto import new_secret, secret_hash
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.kit.limits import Limit
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.delays import Factor
from capitalino.services.auth.domain.logins import Login, Standing, may_authenticate, network_of
from capitalino.services.auth.domain.sessions import Proof
from capitalino.services.auth.errors import ChallengeOver, SignInRefused
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.factors import Factors
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.investors import Investors
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.outcomes import Reached, State
from capitalino.services.auth.service.throttling import Charge
from capitalino.services.auth.settings import AuthSettings
from capitalino.services.auth.store import factors as factor_store
from capitalino.services.auth.store import logins, registrations
from capitalino.services.auth.store.factors import Challenge

log = structlog.get_logger()
TRIES_MAX = 5
"""Codes for one challenge; then the password is asked for again."""


class SignIns:
    """Wrong answers cost time, and never tell what exactly was wrong."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        settings: AuthSettings,
        guards: Guards,
        issuing: Issuing,
        factors: Factors,
        investors: Investors,
        epochs: Epochs,
    ) -> None:
        self._db, self._clock = db, clock
        self._passwords, self._places = guards.passwords, guards.places
        self._throttle, self._limits = guards.throttle, guards.limits
        self._issuing, self._factors = issuing, factors
        self._investors, self._epochs = investors, epochs
        self._challenge_ttl = timedelta(seconds=settings.challenge_ttl_s)
        self._limit = Limit("sign_ins", settings.sign_ins_a_minute, 60, "closed")

    async def sign_in(self, address: str, password: str, caller: Caller) -> Reached:
        """The first step. A login that has no second factor gets a token that can only set one up."""
        await self._limits.check(self._limit, network_of(caller.address))
        self._passwords.must_have_room()
        index = self._places.email(address)
        async with self._db.begin() as tx:
            login = await logins.find(tx, index)
            waiting = await registrations.newest_open(tx, index, self._clock.now())
            place = await self._places.of(tx, login.user_id if login else None, caller)
            charge = await self._throttle.charge(tx, Factor.PASSWORD, index, place)
        known = login or waiting
        if not await self._passwords.matches(password, known.password_hash if known else None):
            raise SignInRefused("The e-mail address or the password is not right.")
        if login is None or login.standing is not Standing.ACTIVE:
            async with self._db.begin() as tx:
                await self._throttle.forgive(tx, charge)
            may_authenticate(login.standing if login else Standing.UNCONFIRMED)
        assert login is not None, "the gate lets no registration pass"
        if login.investor_opened_at is None:
            await self._investors.open(login)
        stronger_hash = await self._passwords.rehashed(password, login.password_hash)
        return await self._next_step(login, charge, stronger_hash)

    async def second_factor(self, challenge: str, code: str, caller: Caller) -> Reached:
        """The second step: a one-time or a recovery code. A challenge is good for one sign-in, few tries."""
        async with self._db.begin() as tx:
            hashed, now = secret_hash(challenge), self._clock.now()
            tried = await factor_store.try_challenge(tx, hashed, now, TRIES_MAX)
            if tried is None:
                raise ChallengeOver("Sign in again with your password.")
            place = await self._places.of(tx, tried.user_id, caller)
            subject = self._places.subject(tried.user_id)
            charge = await self._throttle.charge(tx, Factor.CODE, subject, place)
        signer = await self._issuing.signer()
        async with self._db.begin() as tx:
            login = await logins.get(tx, tried.user_id, lock="update")
            used = await factor_store.use_challenge(tx, tried.challenge_id, self._clock.now())
            if login is None or not used:
                raise ChallengeOver("Sign in again with your password.")
            may_authenticate(login.standing)
            proof = await self._factors.use(tx, login, code, caller)
            reached, gone = await self._issuing.open(tx, signer, login, caller, Proof.PASSWORD, proof)
            await self._throttle.forgive(tx, charge)
        await self._epochs.tell([one.session_id for one in gone])
        log.info("login.signed_in", user_id=str(login.user_id))
        return reached

    async def _next_step(self, known: Login, charge: Charge, stronger_hash: str | None) -> Reached:
        signer, now = await self._issuing.signer(), self._clock.now()
        async with self._db.begin() as tx:
            login = await logins.get(tx, known.user_id, lock="share") or known
            may_authenticate(login.standing)
            await self._throttle.forgive(tx, charge)
            if stronger_hash:
                await logins.rehash(tx, login.user_id, known.password_hash, stronger_hash)
            if await factor_store.secret(tx, login.user_id, "confirmed") is None:
                return await self._issuing.open_setup(tx, signer, login)
            secret, expires_at = new_secret(), now + self._challenge_ttl
            asked = Challenge(new_id(), login.user_id, 0)
            await factor_store.add_challenge(tx, asked, secret_hash(secret), now, expires_at)
        return Reached(State.SECOND_FACTOR, expires_at, challenge=secret)
