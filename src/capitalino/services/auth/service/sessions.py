"""Sessions: refreshed, listed, ended. Refreshing and ending take the same row lock: one sees the other."""

import json
from dataclasses import dataclass
from secrets import token_bytes
from uuid import UUID

import structlog

from capitalino.kit.auth import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.crypto import secret_hash
from capitalino.kit.db import Database, Tx
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.codes import successor
from capitalino.services.auth.domain.devices import device_name
from capitalino.services.auth.domain.logins import may_authenticate
from capitalino.services.auth.domain.sessions import (
    Purpose,
    Reason,
    Refresh,
    Session,
    Verdict,
    judge,
)
from capitalino.services.auth.errors import SessionOver, SessionUnknown
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.issuing import SALT_BYTES, Issuing
from capitalino.services.auth.service.outcomes import Reached, State
from capitalino.services.auth.store import logins, sessions

log = structlog.get_logger()
EXPIRED_MAX = 500


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its owner sees it."""

    session: Session
    address: str
    agent: str
    device: str
    is_current: bool


class Sessions:
    """The truth is in PostgreSQL; what other services need of it is told through the epochs."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        seals: Seals,
        issuing: Issuing,
        epochs: Epochs,
        activities: Activities,
    ) -> None:
        self._db, self._clock, self._seals = db, clock, seals
        self._issuing, self._epochs, self._activities = issuing, epochs, activities

    async def refresh(self, secret: str, caller: Caller | None = None) -> Reached:
        """A new access token and the next refresh secret: the same one for all who show the same.

        A secret that was replaced more than a moment ago is in two hands: the whole session ends.
        """
        signer, shown = await self._issuing.signer(), secret_hash(secret)
        async with self._db.begin() as tx:
            whose = await sessions.whose(tx, shown)
            if whose is None:
                raise SessionOver("The session has ended.")
            user_id, session_id = whose
            login = await logins.get(tx, user_id, lock="share")
            session = await sessions.get(tx, session_id, lock=True)
            if login is None or session is None:
                raise SessionOver("The session has ended.")
            may_authenticate(login.standing)
            now = self._clock.now()
            chain = await sessions.generations(tx, session_id, shown)
            verdict = judge(session, chain[0], now, self._issuing.lifetimes)
            stolen = (
                await self._issuing.close(tx, [session_id], Reason.STOLEN)
                if verdict is Verdict.STOLEN
                else []
            )
            if stolen:
                await self._activities.note(tx, login, Act.SESSION_STOLEN, caller, str(session_id))
            if verdict in (Verdict.ROTATE, Verdict.AGAIN):
                latest = await self._follow(tx, secret, chain, caller)
                token, expires_at = self._issuing.token(signer, login, session)
                return Reached(State.OPEN, expires_at, login, access_token=token, refresh_secret=latest)
        if stolen:
            log.warning("session.stolen", user_id=str(user_id), session_id=str(session_id))
            await self._epochs.tell([session_id])
        raise SessionOver("The session has ended.")

    async def close(
        self, principal: Principal, session_id: UUID, reason: Reason, caller: Caller | None = None
    ) -> None:
        """End one of the principal's sessions, once. SessionUnknown for anybody else's."""
        async with self._db.begin() as tx:
            login = await logins.get(tx, principal.user_id, lock="share")
            session = await sessions.get(tx, session_id, lock=True)
            if login is None or session is None or session.user_id != principal.user_id:
                raise SessionUnknown("You have no such session.")
            if await self._issuing.close(tx, [session_id], reason):
                await self._activities.note(tx, login, Act.SESSION_ENDED, caller, str(session_id))
        await self._epochs.tell([session_id])

    async def close_others(self, principal: Principal, caller: Caller) -> int:
        """End all of the principal's sessions but the one that asks; how many."""
        async with self._db.begin() as tx:
            login = await logins.get(tx, principal.user_id, lock="update")
            if login is None:
                raise SessionOver("The session has ended.")
            open_ones = await sessions.open_ones(tx, login.user_id, self._clock.now(), lock=True)
            others = [one.session_id for one in open_ones if one.session_id != principal.session_id]
            closed = await self._issuing.close(tx, others, Reason.REVOKED)
            if closed:
                await self._activities.note(tx, login, Act.SESSIONS_ENDED, caller)
        await self._epochs.tell([one.session_id for one in closed])
        return len(closed)

    async def open_ones(self, principal: Principal) -> list[SessionView]:
        """The principal's open sessions, what was used last first."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            found = await sessions.open_ones(tx, principal.user_id, now)
        idle = self._issuing.lifetimes.idle
        good = [one for one in found if one.purpose is Purpose.ACCESS and one.is_open(now, idle)]
        return [self._view(one, principal) for one in good]

    async def expire(self) -> int:
        """End the sessions whose time is over, so that their live sockets are cut too; how many."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            due = await sessions.due(tx, now, now - self._issuing.lifetimes.idle, EXPIRED_MAX)
            await self._issuing.close(tx, due, Reason.EXPIRED)
        await self._epochs.tell(due)
        return len(due)

    async def _follow(self, tx: Tx, secret: str, chain: list[Refresh], caller: Caller | None) -> str:
        """The secret at the end of the chain; with a new link when the shown one was the last."""
        key, now = self._seals.chain_key, self._clock.now()
        latest = successor(secret, chain[0].salt, key)
        if len(chain) == 1:
            last = chain[0]
            await sessions.replace(tx, last, now)
            origin = self._issuing.origin(caller, last.session_id) if caller else None
            await sessions.touch(tx, last.session_id, now, origin)
            following = Refresh(
                last.session_id, last.generation + 1, secret_hash(latest), token_bytes(SALT_BYTES)
            )
            await sessions.add_refresh(tx, following, now)
        for link in chain[1:-1]:
            latest = successor(latest, link.salt, key)
        return latest

    def _view(self, session: Session, principal: Principal) -> SessionView:
        origin = {"address": "", "agent": ""}
        if session.origin_sealed:
            origin = json.loads(
                self._seals.open(session.origin_sealed, "session", "origin", session.session_id)
            )
        is_current = session.session_id == principal.session_id
        agent = origin["agent"]
        return SessionView(session, origin["address"], agent, device_name(agent), is_current)
