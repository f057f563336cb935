"""Passkeys: made, shown, named and removed. A challenge is good once, for five minutes, for one aim."""

from dataclasses import dataclass
from secrets import token_bytes
from typing import Any
from uuid import UUID

import structlog

from capitalino.kit.auth.principals import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.crypto import new_secret, secret_hash
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.services.auth.adapters.authenticators import Authenticators
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Login
from capitalino.services.auth.domain.passkeys import (
    CEREMONY_TTL,
    PASSKEYS_MAX,
    Aim,
    Ceremony,
    Passkey,
    went_back,
)
from capitalino.services.auth.errors import (
    CeremonyOver,
    PasskeyRefused,
    PasskeysFull,
    PasskeyTaken,
    PasskeyUnknown,
)
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.standings import Standings
from capitalino.services.auth.store import passkeys

log = structlog.get_logger()
CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Begun:
    """A ceremony: its secret, which comes back with the answer, and what the browser is given."""

    ceremony: str
    options: dict[str, Any]


class Passkeys:
    """Who shows one has proved two factors: the device, and what the device knows its owner by."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        seals: Seals,
        authenticators: Authenticators,
        activities: Activities,
        standings: Standings,
    ) -> None:
        self._db, self._clock, self._seals = db, clock, seals
        self._authenticators, self._activities = authenticators, activities
        self._standings = standings

    async def begin(self, principal: Principal) -> Begun:
        """Begin to make one, in this session."""
        async with self._db.begin() as tx:
            login, session = await self._standings.of(tx, principal)
            known = await passkeys.of(tx, login.user_id)
            if len(known) >= PASSKEYS_MAX:
                raise PasskeysFull("Remove a passkey first.", passkeys_max=PASSKEYS_MAX)
            secret, challenge = await self.ask(tx, Aim.REGISTER, login.user_id, session.session_id)
        address = self._seals.open(login.email_sealed, "login", "email", login.user_id)
        ids = [one.credential_id for one in known]
        return Begun(secret, self._authenticators.asked_to_make(login.user_id, address, challenge, ids))

    async def add(
        self, principal: Principal, ceremony: str, name: str, credential: dict[str, Any], caller: Caller
    ) -> Passkey:
        """Keep the passkey that was made in the ceremony; PasskeyTaken when somebody has it."""
        begun = await self.answered(ceremony, Aim.REGISTER, principal.session_id)
        made = self._authenticators.made(credential, begun.challenge)
        kept = Passkey(
            passkey_id=new_id(),
            user_id=principal.user_id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            is_synced=made.is_synced,
            made_at=self._clock.now(),
        )
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            if len(await passkeys.of(tx, login.user_id)) >= PASSKEYS_MAX:
                raise PasskeysFull("Remove a passkey first.", passkeys_max=PASSKEYS_MAX)
            if not await passkeys.add(tx, kept):
                raise PasskeyTaken("This passkey is in use already.")
            await self._activities.note(tx, login, Act.PASSKEY_ADDED, caller, str(kept.passkey_id))
        return kept

    async def of(self, principal: Principal) -> list[Passkey]:
        """The principal's, oldest first."""
        async with self._db.begin() as tx:
            return await passkeys.of(tx, principal.user_id)

    async def rename(self, principal: Principal, passkey_id: UUID, name: str) -> None:
        """Call it something else; PasskeyUnknown for anybody else's."""
        async with self._db.begin() as tx:
            if not await passkeys.rename(tx, principal.user_id, passkey_id, name):
                raise PasskeyUnknown("You have no such passkey.")

    async def remove(self, principal: Principal, passkey_id: UUID, caller: Caller) -> None:
        """It is good for nothing any more; PasskeyUnknown for anybody else's."""
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            if not await passkeys.remove(tx, login.user_id, passkey_id):
                raise PasskeyUnknown("You have no such passkey.")
            await self._activities.note(tx, login, Act.PASSKEY_REMOVED, caller, str(passkey_id))

    async def ask_to_show(self, tx: Tx, aim: Aim, user_id: UUID | None, bound_to: UUID | None) -> Begun:
        """Begin a ceremony in which a passkey is shown: one of the login's, or whichever there is."""
        secret, challenge = await self.ask(tx, aim, user_id, bound_to)
        known = await passkeys.of(tx, user_id) if user_id else []
        ids = [one.credential_id for one in known]
        return Begun(secret, self._authenticators.asked_to_show(challenge, ids))

    async def ask(self, tx: Tx, aim: Aim, user_id: UUID | None, bound_to: UUID | None) -> tuple[str, bytes]:
        """A new challenge, and the secret by which it is found again."""
        secret, challenge, now = new_secret(), token_bytes(CHALLENGE_BYTES), self._clock.now()
        begun = Ceremony(new_id(), aim, challenge, user_id, bound_to)
        await passkeys.add_ceremony(tx, begun, secret_hash(secret), now, now + CEREMONY_TTL)
        return secret, challenge

    async def answered(self, ceremony: str, aim: Aim, bound_to: UUID | None) -> Ceremony:
        """The ceremony, used up whatever the answer is worth; CeremonyOver."""
        async with self._db.begin() as tx:
            begun = await passkeys.use_ceremony(tx, secret_hash(ceremony), aim, bound_to, self._clock.now())
        if begun is None:
            raise CeremonyOver("Begin again: this challenge was used, or is too old.")
        return begun

    async def owner(self, credential: dict[str, Any]) -> UUID:
        """Whose passkey is shown; PasskeyRefused for an unknown one."""
        async with self._db.begin() as tx:
            found = await passkeys.find(tx, self._authenticators.credential_id(credential))
        if found is None:
            raise PasskeyRefused("This passkey is not right.")
        return found.user_id

    async def prove(
        self, tx: Tx, login: Login, begun: Ceremony, credential: dict[str, Any], caller: Caller
    ) -> bool:
        """Whether the passkey is good; PasskeyRefused for one that is not theirs.

        False means that its counter went back: let the transaction commit, the owner is told in it.
        """
        found = await passkeys.find(tx, self._authenticators.credential_id(credential), lock=True)
        if found is None or found.user_id != login.user_id:
            raise PasskeyRefused("This passkey is not right.")
        count = self._authenticators.shown(credential, begun.challenge, found.public_key, login.user_id)
        if went_back(found.sign_count, count):
            await self._activities.note(tx, login, Act.PASSKEY_COPIED, caller, str(found.passkey_id))
            log.warning("passkey.copied", user_id=str(login.user_id), passkey_id=str(found.passkey_id))
            return False
        await passkeys.used(tx, found.passkey_id, count, self._clock.now())
        return True
