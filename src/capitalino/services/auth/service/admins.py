"""How the first admin gets in, and how somebody gets in when all else fails: by a command at the servers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from capitalino.kit import audit
from capitalino.kit.clock import Clock
from capitalino.kit.crypto import new_secret, secret_hash
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.letters import MailKind
from capitalino.services.auth.domain.logins import (
    Login,
    Role,
    Standing,
    clean_address,
    may_authenticate,
)
from capitalino.services.auth.errors import AdminExists
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.mailing import Mailing
from capitalino.services.auth.service.password_changes import LINK_TTL
from capitalino.services.auth.store import factors, logins, resets
from capitalino.services.auth.store.resets import Reset

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entrusted:
    """Who has an admin's rights now. With `token`, they choose a password by the link of a reset first."""

    login: Login
    token: str | None
    ends_at: datetime | None


class Admins:
    """Whoever runs these commands holds the servers: what counts is that it cannot go unnoticed."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        seals: Seals,
        guards: Guards,
        mailing: Mailing,
        epochs: Epochs,
    ) -> None:
        self._db, self._clock, self._seals = db, clock, seals
        self._places, self._passwords = guards.places, guards.passwords
        self._mailing, self._epochs = mailing, epochs

    async def first(self, address: str, language: str, *, by: str) -> Entrusted:
        """The first admin; AdminExists once one has arrived, which is: set up a second factor.

        Until then it may be asked for again, for another address too: who was named before is none any more.
        """
        unused_hash = await self._unused_hash()
        async with self._db.begin() as tx:
            await logins.lock_admins(tx)
            named = await logins.with_role(tx, Role.ADMIN)
            for one in named:
                if await factors.has_second(tx, one.user_id):
                    raise AdminExists("There is an admin. Roles are given by `capitalino admin grant`.")
                await logins.remove_role(tx, one.user_id, Role.ADMIN)
                await resets.void_others(tx, one.user_id)
            login = await self._found(tx, address, language, unused_hash)
            entrusted = await self._entrust(tx, login, None, by)
            await audit.record(tx, by, "auth.first_admin", f"login:{login.user_id}")
        await self._tell(entrusted)
        log.warning("admin.first", user_id=str(login.user_id), by=by)
        return entrusted

    async def break_glass(
        self, address: str, language: str, lasts: timedelta, *, reason: str, by: str
    ) -> Entrusted:
        """An admin's rights for a while, whoever else is admin, with an alarm to all of them."""
        unused_hash = await self._unused_hash()
        ends_at = self._clock.now() + lasts
        async with self._db.begin() as tx:
            await logins.lock_admins(tx)
            login = await self._found(tx, address, language, unused_hash)
            may_authenticate(login.standing)
            entrusted = await self._entrust(tx, login, ends_at, by)
            await self._alarm(tx, login, f"{address}, until {ends_at:%Y-%m-%d %H:%M} UTC")
            details = {"reason": reason, "ends_at": ends_at.isoformat()}
            await audit.record(tx, by, "auth.glass_broken", f"login:{login.user_id}", details)
        await self._tell(entrusted)
        log.error("glass.broken", user_id=str(login.user_id), ends_at=ends_at.isoformat(), by=by)
        return entrusted

    async def staff(self) -> list[tuple[str, Role, datetime | None, Standing]]:
        """Everybody with a role beside the investor's: address, role, until when, and their standing."""
        async with self._db.begin() as tx:
            found = await logins.staff(tx)
        return [(self._address(one), role, ends_at, one.standing) for one, role, ends_at in found]

    async def end_roles(self) -> int:
        """Take away the roles whose time is over, and the tokens that carry them; how many."""
        async with self._db.begin() as tx:
            epochs: dict[UUID, int] = {}
            over = await logins.end_roles(tx, self._clock.now())
            for user_id, role in over:
                epochs[user_id] = await logins.next_epoch(tx, user_id, self._clock.now())
                await audit.record(tx, "auth", "auth.role_ended", f"login:{user_id}", {"role": role})
        await self._epochs.tell(epochs=epochs)
        for user_id, role in over:
            log.warning("role.ended", user_id=str(user_id), role=role)
        return len(over)

    async def _alarm(self, tx: Tx, entrusted: Login, place: str) -> None:
        told = {one.user_id: one for one in [*await logins.with_role(tx, Role.ADMIN), entrusted]}
        for one in told.values():
            to = self._address(one)
            await self._mailing.wish(tx, MailKind.EMERGENCY_ACCESS, one.language, to, place=place)

    def _address(self, login: Login) -> str:
        return self._seals.open(login.email_sealed, "login", "email", login.user_id)

    async def _entrust(self, tx: Tx, login: Login, ends_at: datetime | None, by: str) -> Entrusted:
        now = self._clock.now()
        await logins.add_role(tx, login.user_id, Role.ADMIN, by, now, ends_at)
        await logins.next_epoch(tx, login.user_id, now)
        token = None
        if not await factors.has_second(tx, login.user_id):  # else they know how to get in
            token = new_secret()
            await resets.void_others(tx, login.user_id)
            index = self._places.email(self._address(login))
            await resets.add(
                tx, Reset(new_id(), index, login.user_id, secret_hash(token), now, now + LINK_TTL)
            )
        entrusted = await logins.get(tx, login.user_id)
        assert entrusted is not None
        return Entrusted(entrusted, token, ends_at)

    async def _found(self, tx: Tx, address: str, language: str, unused_hash: str) -> Login:
        index = self._places.email(address)
        if (found := await logins.find(tx, index)) is not None:
            locked = await logins.get(tx, found.user_id, lock="update")
            assert locked is not None
            return locked
        user_id, now = new_id(), self._clock.now()
        made = Login(
            user_id=user_id,
            investor_id=new_id(),
            email_sealed=self._seals.seal(clean_address(address), "login", "email", user_id),
            language=language,
            password_hash=unused_hash,
            standing=Standing.ACTIVE,
            epoch=0,
            investor_opened_at=None,
        )
        await logins.add(tx, made, index, now, now)
        return made

    async def _unused_hash(self) -> str:
        """Of a password that nobody has seen."""
        return await self._passwords.hashed(new_secret(), "")

    async def _tell(self, entrusted: Entrusted) -> None:
        self._mailing.wake()
        await self._epochs.tell(epochs={entrusted.login.user_id: entrusted.login.epoch})
