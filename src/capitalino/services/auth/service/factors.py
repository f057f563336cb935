"""Second factors: set up, confirmed, used once."""

from dataclasses import replace
from uuid import UUID

from capitalino.kit import audit
from capitalino.kit.auth.principals import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.codes import (
    clean_code,
    factor_uri,
    is_one_time,
    matching_step,
    new_factor,
    new_recovery_codes,
)
from capitalino.services.auth.domain.delays import Factor
from capitalino.services.auth.domain.logins import Login
from capitalino.services.auth.domain.sessions import Proof, Purpose, Reason, Session
from capitalino.services.auth.errors import CodeNeeded, CodeRefused, FactorUnset
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.keys import Signer
from capitalino.services.auth.service.outcomes import Reached, State
from capitalino.services.auth.service.standings import Standings
from capitalino.services.auth.service.throttling import Charge
from capitalino.services.auth.store import factors, sessions


class Factors:
    """TOTP and recovery codes. A code is good once, whoever else sends it at the same moment."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        seals: Seals,
        issuing: Issuing,
        guards: Guards,
        epochs: Epochs,
        activities: Activities,
    ) -> None:
        self._db, self._clock, self._seals = db, clock, seals
        self._issuing, self._epochs, self._activities = issuing, epochs, activities
        self._standings = Standings(clock, issuing.lifetimes)
        self._throttle, self._places = guards.throttle, guards.places

    async def set_up(self, principal: Principal, caller: Caller, code: str | None) -> tuple[str, str]:
        """A new secret and its address for an authenticator. Where a factor stands, its code is needed."""
        charge = None
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            if await factors.secret(tx, login.user_id, "confirmed") is not None:
                if code is None:
                    raise CodeNeeded("Give a code of the second factor that you have.")
                charge = await self._charge(tx, login.user_id, caller)
        secret, now = new_factor(), self._clock.now()
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            if charge and code:
                await self.use(tx, login, code, caller)
                await self._throttle.forgive(tx, charge)
            sealed = self._seals.seal(secret, "totp", "secret", login.user_id)
            await factors.put_pending(tx, login.user_id, sealed, now)
        address = self._seals.open(login.email_sealed, "login", "email", login.user_id)
        return secret, factor_uri(secret, address)

    async def confirm(self, principal: Principal, caller: Caller, code: str) -> tuple[list[str], Reached]:
        """The first code of a new factor: it stands, with new recovery codes. Other sessions end."""
        signer = await self._issuing.signer()
        async with self._db.begin() as tx:
            charge = await self._charge(tx, principal.user_id, caller)
        async with self._db.begin() as tx:
            login, session = await self._standings.of(tx, principal)
            sealed = await factors.secret(tx, login.user_id, "pending", lock=True)
            if sealed is None:
                raise FactorUnset("Ask for a new secret first.")
            step = self._step(login, sealed, code)
            if step is None:
                raise CodeRefused("This code is not right.")
            now = self._clock.now()
            await factors.confirm(tx, login.user_id, step, now)
            recovery = await self.renew_recovery_codes(tx, login)
            act = Act.FACTOR_SET if session.purpose is Purpose.SETUP else Act.FACTOR_REPLACED
            await self._activities.note(tx, login, act, caller)
            reached, closed = await self._go_on(tx, signer, login, session, caller)
            await self._throttle.forgive(tx, charge)
            await audit.record(tx, str(login.user_id), "auth.factor_set", f"login:{login.user_id}")
        await self._epochs.tell([one.session_id for one in closed])
        return recovery, reached

    async def renew_recovery_codes(self, tx: Tx, login: Login) -> list[str]:
        """Ten new ones, which are shown this once; the old ones are worth nothing any more."""
        recovery = new_recovery_codes()
        hashes = [self._recovery_hash(login, clean_code(one)) for one in recovery]
        await factors.replace_recovery_codes(tx, login.user_id, hashes, self._clock.now())
        return recovery

    async def use(self, tx: Tx, login: Login, code: str, caller: Caller) -> Proof:
        """Use a one-time code or a recovery code, in the transaction of what it is used for; CodeRefused.

        Which of them it was.
        """
        cleaned = clean_code(code)
        if is_one_time(cleaned):
            sealed = await factors.secret(tx, login.user_id, "confirmed")
            step = self._step(login, sealed, cleaned) if sealed else None
            is_good = step is not None and await factors.use_step(tx, login.user_id, step)
            proof = Proof.CODE
        else:
            hashed = self._recovery_hash(login, cleaned)
            is_good = await factors.use_recovery_code(tx, login.user_id, hashed, self._clock.now())
            proof = Proof.RECOVERY_CODE
        if not is_good:
            raise CodeRefused("This code is not right, or was used before.")
        if proof is Proof.RECOVERY_CODE:
            await self._activities.note(tx, login, Act.RECOVERY_CODE_USED, caller)
        return proof

    async def _charge(self, tx: Tx, user_id: UUID, caller: Caller) -> Charge:
        place = await self._places.of(tx, user_id, caller)
        return await self._throttle.charge(tx, Factor.CODE, self._places.subject(user_id), place)

    async def _go_on(
        self, tx: Tx, signer: Signer, login: Login, session: Session, caller: Caller
    ) -> tuple[Reached, list[Session]]:
        others = await sessions.open_ones(tx, login.user_id, self._clock.now(), lock=True)
        if session.purpose is Purpose.SETUP:
            closed = await self._issuing.close(tx, [one.session_id for one in others], Reason.FACTOR_SET)
            proofs = (Proof.PASSWORD, Proof.CODE)
            reached, _ = await self._issuing.open(tx, signer, login, caller, *proofs)
            return reached, closed
        ids = [one.session_id for one in others if one.session_id != session.session_id]
        closed = await self._issuing.close(tx, ids, Reason.FACTOR_SET)
        now = self._clock.now()
        await sessions.proved(tx, session.session_id, session.amr, now)
        token, expires_at = self._issuing.token(signer, login, replace(session, factor_at=now))
        return Reached(State.OPEN, expires_at, login, access_token=token), closed

    def _step(self, login: Login, sealed: bytes, code: str) -> int | None:
        secret = self._seals.open(sealed, "totp", "secret", login.user_id)
        cleaned = clean_code(code)
        return (
            matching_step(secret, cleaned, int(self._clock.now().timestamp()))
            if is_one_time(cleaned)
            else None
        )

    def _recovery_hash(self, login: Login, code: str) -> bytes:
        return self._seals.index(code, f"recovery_code.{login.user_id}")
