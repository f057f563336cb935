"""Proving a factor again inside a session: routes that matter ask for one that is minutes old at most."""

from dataclasses import replace
from typing import Any

from capitalino.kit.auth.principals import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.delays import Factor
from capitalino.services.auth.domain.logins import Login
from capitalino.services.auth.domain.passkeys import Aim
from capitalino.services.auth.domain.sessions import Proof, Session
from capitalino.services.auth.errors import PasskeyRefused
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.factors import Factors
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.keys import Signer
from capitalino.services.auth.service.outcomes import Reached, State
from capitalino.services.auth.service.passkeys import Begun, Passkeys
from capitalino.services.auth.service.standings import Standings
from capitalino.services.auth.store import sessions


class StepUps:
    """The session remembers what was proved and when, and so do the tokens that come from it."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        guards: Guards,
        issuing: Issuing,
        factors: Factors,
        passkeys: Passkeys,
        activities: Activities,
        standings: Standings,
    ) -> None:
        self._db, self._clock = db, clock
        self._throttle, self._places = guards.throttle, guards.places
        self._issuing, self._factors, self._passkeys = issuing, factors, passkeys
        self._activities, self._standings = activities, standings

    async def with_code(self, principal: Principal, code: str, caller: Caller) -> Reached:
        """A code of the authenticator, or a recovery code."""
        signer = await self._issuing.signer()
        async with self._db.begin() as tx:
            place = await self._places.of(tx, principal.user_id, caller)
            subject = self._places.subject(principal.user_id)
            charge = await self._throttle.charge(tx, Factor.CODE, subject, place)
        async with self._db.begin() as tx:
            login, session = await self._standings.of(tx, principal)
            proof = await self._factors.use(tx, login, code, caller)
            reached = await self._proved(tx, signer, login, session, caller, proof)
            await self._throttle.forgive(tx, charge)
        return reached

    async def begin(self, principal: Principal) -> Begun:
        """A challenge for one of the login's passkeys, bound to this session."""
        async with self._db.begin() as tx:
            login, session = await self._standings.of(tx, principal)
            return await self._passkeys.ask_to_show(tx, Aim.STEP_UP, login.user_id, session.session_id)

    async def with_passkey(
        self, principal: Principal, ceremony: str, credential: dict[str, Any], caller: Caller
    ) -> Reached:
        """A passkey."""
        signer = await self._issuing.signer()
        begun = await self._passkeys.answered(ceremony, Aim.STEP_UP, principal.session_id)
        reached = None
        async with self._db.begin() as tx:
            login, session = await self._standings.of(tx, principal)
            if await self._passkeys.prove(tx, login, begun, credential, caller):
                reached = await self._proved(tx, signer, login, session, caller, Proof.PASSKEY)
        if reached is None:
            raise PasskeyRefused("This passkey is not right.")
        return reached

    async def _proved(  # noqa: PLR0917  # all that a token is made of
        self, tx: Tx, signer: Signer, login: Login, session: Session, caller: Caller, proof: Proof
    ) -> Reached:
        amr = " ".join(sorted({*session.amr.split(), proof}))
        now = self._clock.now()
        await sessions.proved(tx, session.session_id, amr, now)
        await self._activities.note(tx, login, Act.STEPPED_UP, caller, str(session.session_id))
        token, expires_at = self._issuing.token(signer, login, replace(session, factor_at=now, amr=amr))
        return Reached(State.OPEN, expires_at, login, access_token=token)
