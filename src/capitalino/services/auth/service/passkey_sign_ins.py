"""Signing in with a passkey: alone, or as the second factor after the password."""

from typing import Any

import structlog

from capitalino.kit.clock import Clock
from capitalino.kit.crypto import secret_hash
from capitalino.kit.db import Database
from capitalino.kit.limits import Limit
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import may_authenticate, network_of
from capitalino.services.auth.domain.passkeys import Aim
from capitalino.services.auth.domain.sessions import Proof
from capitalino.services.auth.errors import ChallengeOver, PasskeyRefused
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.outcomes import Reached
from capitalino.services.auth.service.passkeys import Begun, Passkeys
from capitalino.services.auth.service.sign_ins import TRIES_MAX
from capitalino.services.auth.settings import AuthSettings
from capitalino.services.auth.store import factors, logins

log = structlog.get_logger()
COPIED = "This passkey is not right."


class PasskeySignIns:
    """The passkey names its owner, and the device has recognised them: that is both factors in one."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        settings: AuthSettings,
        guards: Guards,
        issuing: Issuing,
        passkeys: Passkeys,
        epochs: Epochs,
    ) -> None:
        self._db, self._clock, self._limits = db, clock, guards.limits
        self._issuing, self._passkeys, self._epochs = issuing, passkeys, epochs
        self._limit = Limit("sign_ins", settings.sign_ins_a_minute, 60, "closed")

    async def begin(self, caller: Caller) -> Begun:
        """A challenge for whoever comes."""
        await self._limits.check(self._limit, network_of(caller.address))
        async with self._db.begin() as tx:
            return await self._passkeys.ask_to_show(tx, Aim.SIGN_IN, None, None)

    async def sign_in(self, ceremony: str, credential: dict[str, Any], caller: Caller) -> Reached:
        """Sign in with nothing but a passkey."""
        begun = await self._passkeys.answered(ceremony, Aim.SIGN_IN, None)
        user_id, signer = await self._passkeys.owner(credential), await self._issuing.signer()
        async with self._db.begin() as tx:
            login = await logins.get(tx, user_id, lock="update")
            if login is None:
                raise PasskeyRefused(COPIED)
            may_authenticate(login.standing)
            opened = None
            if await self._passkeys.prove(tx, login, begun, credential, caller):
                proofs = (Proof.PASSKEY, Proof.VERIFIED)
                opened = await self._issuing.open(tx, signer, login, caller, *proofs)
        if opened is None:
            raise PasskeyRefused(COPIED)
        await self._epochs.tell([one.session_id for one in opened[1]])
        log.info("login.signed_in", user_id=str(user_id))
        return opened[0]

    async def begin_second(self, challenge: str) -> Begun:
        """A challenge for a passkey of the login whose password was right."""
        async with self._db.begin() as tx:
            asked = await factors.open_challenge(tx, secret_hash(challenge), self._clock.now(), TRIES_MAX)
            if asked is None:
                raise ChallengeOver("Sign in again with your password.")
            return await self._passkeys.ask_to_show(tx, Aim.SECOND_FACTOR, asked.user_id, asked.challenge_id)

    async def second_factor(
        self, challenge: str, ceremony: str, credential: dict[str, Any], caller: Caller
    ) -> Reached:
        """The second step, with a passkey instead of a code."""
        async with self._db.begin() as tx:
            tried = await factors.try_challenge(tx, secret_hash(challenge), self._clock.now(), TRIES_MAX)
        if tried is None:
            raise ChallengeOver("Sign in again with your password.")
        begun = await self._passkeys.answered(ceremony, Aim.SECOND_FACTOR, tried.challenge_id)
        signer = await self._issuing.signer()
        async with self._db.begin() as tx:
            login = await logins.get(tx, tried.user_id, lock="update")
            used = await factors.use_challenge(tx, tried.challenge_id, self._clock.now())
            if login is None or not used:
                raise ChallengeOver("Sign in again with your password.")
            may_authenticate(login.standing)
            opened = None
            if await self._passkeys.prove(tx, login, begun, credential, caller):
                opened = await self._issuing.open(tx, signer, login, caller, Proof.PASSWORD, Proof.PASSKEY)
        if opened is None:
            raise PasskeyRefused(COPIED)
        await self._epochs.tell([one.session_id for one in opened[1]])
        log.info("login.signed_in", user_id=str(login.user_id))
        return opened[0]
