"""Issuing: the one place where sessions are opened and access tokens signed, with the gate in front of it."""

import json
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from uuid import UUID

from capitalino.contracts.auth.events import SessionClosed, SessionOpened
from capitalino.kit.auth.principals import AUDIENCE
from capitalino.kit.auth.signatures import AUDIENCE as API_KEY_AUDIENCE
from capitalino.kit.clock import Clock
from capitalino.kit.crypto import new_secret, secret_hash
from capitalino.kit.db import Tx
from capitalino.kit.ids import new_id
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.api_keys import PASS_TTL, ApiKey
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Login, Role, may_authenticate
from capitalino.services.auth.domain.sessions import (
    SESSIONS_MAX,
    Lifetimes,
    Proof,
    Purpose,
    Reason,
    Refresh,
    Session,
)
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.keys import Keys, Signer
from capitalino.services.auth.service.outcomes import Reached, State
from capitalino.services.auth.store import factors, sessions

SALT_BYTES = 16
AGENT_MAX = 300


@dataclass(frozen=True, slots=True)
class Device:
    """Where it is. `secret` is what its cookie is set to when it was unknown."""

    device_id: UUID
    is_new: bool
    secret: str | None


class Issuing:
    """Nothing here opens a transaction: what is issued commits together with what it was issued for."""

    def __init__(
        self, clock: Clock, seals: Seals, keys: Keys, lifetimes: Lifetimes, activities: Activities
    ) -> None:
        self._clock, self._seals, self._keys, self.lifetimes = clock, seals, keys, lifetimes
        self._activities = activities

    async def signer(self) -> Signer:
        """The key that signs now: asked for before the transaction begins."""
        return await self._keys.signer()

    def token(self, signer: Signer, login: Login, session: Session) -> tuple[str, datetime]:
        """An access token of this session, and when it ends: never later than the session."""
        may_authenticate(login.standing)
        now = self._clock.now()
        lasts = self.lifetimes.token if session.purpose is Purpose.ACCESS else self.lifetimes.setup
        expires_at = min(now + lasts, session.expires_at)
        claims = {
            "sub": str(login.user_id),
            "sid": str(session.session_id),
            "inv": str(login.acts_for) if login.acts_for else None,
            "roles": sorted(login.roles),
            "purpose": session.purpose,
            "epoch": login.epoch,
            "aud": AUDIENCE,
            "iat": now,
            "exp": expires_at,
            "auth_time": int(session.proved_at.timestamp()),
            "amr": session.amr.split(),
        }
        return signer.sign(claims), expires_at

    def key_pass(self, signer: Signer, login: Login, key: ApiKey) -> str:
        """What an API key may do, for all services to read: never more than its login may."""
        may_authenticate(login.standing)
        now = self._clock.now()
        claims = {
            "sub": str(login.user_id),
            "sid": str(key.key_id),
            "inv": str(login.acts_for) if login.acts_for else None,
            "roles": sorted(login.roles & {Role.INVESTOR}),
            "purpose": Purpose.ACCESS,
            "epoch": login.epoch,
            "aud": API_KEY_AUDIENCE,
            "iat": now,
            "exp": min(now + PASS_TTL, key.expires_at),
            "scopes": sorted(key.scopes),
            "networks": list(key.networks),
            "key": key.public_key.hex(),
        }
        return signer.sign(claims)

    async def open_setup(self, tx: Tx, signer: Signer, login: Login) -> Reached:
        """A session that can do nothing but set up the second factor."""
        now = self._clock.now()
        session = Session(
            session_id=new_id(),
            user_id=login.user_id,
            device_id=None,
            purpose=Purpose.SETUP,
            origin_sealed=None,
            opened_at=now,
            used_at=now,
            expires_at=now + self.lifetimes.setup,
        )
        token, expires_at = self.token(signer, login, session)
        await sessions.add(tx, session)
        return Reached(State.SETUP_FACTOR, expires_at, login, access_token=token)

    async def open(
        self, tx: Tx, signer: Signer, login: Login, caller: Caller, *proofs: Proof
    ) -> tuple[Reached, list[Session]]:
        """A session with everything; and the sessions that had to give way to it."""
        now = self._clock.now()
        may_authenticate(login.standing)
        device = await self._device(tx, login.user_id, caller, now)
        session_id = new_id()
        session = Session(
            session_id=session_id,
            user_id=login.user_id,
            device_id=device.device_id,
            purpose=Purpose.ACCESS,
            origin_sealed=self.origin(caller, session_id),
            opened_at=now,
            used_at=now,
            expires_at=now + self.lifetimes.absolute,
            factor_at=now,
            amr=" ".join(proofs),
        )
        token, expires_at = self.token(signer, login, session)
        before = await sessions.open_ones(tx, login.user_id, now, lock=True)
        standing = [one for one in before if one.purpose is Purpose.ACCESS]
        crowded = [one.session_id for one in standing[SESSIONS_MAX - 1 :]]
        gone = await self.close(tx, crowded, Reason.CROWDED_OUT)
        await sessions.add(tx, session)
        secret = new_secret()
        first = Refresh(session_id, 0, secret_hash(secret), token_bytes(SALT_BYTES))
        await sessions.add_refresh(tx, first, now)
        told = SessionOpened(
            user_id=login.user_id,
            investor_id=login.acts_for,
            session_id=session_id,
            is_new_device=device.is_new,
        )
        await tx.emit(told)
        act = Act.NEW_DEVICE if device.is_new else Act.SIGNED_IN
        await self._activities.note(tx, login, act, caller, str(session_id))
        reached = Reached(
            State.OPEN,
            expires_at,
            login,
            access_token=token,
            refresh_secret=secret,
            device_secret=device.secret,
        )
        return reached, gone

    def origin(self, caller: Caller, session_id: UUID) -> bytes:
        """From where a session is used, sealed."""
        return self._seals.seal(_origin(caller), "session", "origin", session_id)

    async def close(self, tx: Tx, session_ids: list[UUID], reason: Reason) -> list[Session]:
        """End sessions and tell it; those that were open. The caller tells the epochs after the commit."""
        closed = await sessions.close(tx, session_ids, reason, self._clock.now()) if session_ids else []
        told = [
            SessionClosed(user_id=one.user_id, session_id=one.session_id, reason=reason)
            for one in closed
            if one.purpose is Purpose.ACCESS
        ]
        if told:
            await tx.emit(*told)
        return closed

    async def _device(self, tx: Tx, user_id: UUID, caller: Caller, now: datetime) -> Device:
        if caller.device:
            known = await factors.touch_device(tx, user_id, secret_hash(caller.device), now)
            if known:
                return Device(known, is_new=False, secret=None)
        # Always a secret of our own making: one that was planted would be known to who planted it.
        has_others = await factors.has_devices(tx, user_id)
        device_id, secret = new_id(), new_secret()
        await factors.add_device(tx, device_id, user_id, secret_hash(secret), now)
        return Device(device_id, is_new=has_others, secret=secret)


def _origin(caller: Caller) -> str:
    return json.dumps({"address": caller.address, "agent": caller.agent[:AGENT_MAX]})
