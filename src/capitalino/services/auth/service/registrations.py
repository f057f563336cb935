"""Registering, and confirming the address."""

from datetime import timedelta
from uuid import UUID

import structlog

from capitalino.kit.clock import Clock
from capitalino.kit.crypto import new_secret, secret_hash
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.kit.limits import Limit
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Login, Role, Standing, clean_address, network_of
from capitalino.services.auth.domain.mails import MailKind
from capitalino.services.auth.errors import LinkNotGood
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.investors import AGAIN, Investors
from capitalino.services.auth.service.mailing import Mailing
from capitalino.services.auth.settings import AuthSettings
from capitalino.services.auth.store import logins, registrations
from capitalino.services.auth.store.registrations import Registration

log = structlog.get_logger()
HOUR = timedelta(hours=1)


class Registrations:
    """A registration is no login yet: that is made when its link is opened, with its password.

    So nobody can take an address by registering it first, and a later try kills no earlier link.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        settings: AuthSettings,
        seals: Seals,
        guards: Guards,
        mailing: Mailing,
        investors: Investors,
    ) -> None:
        self._db, self._clock, self._seals = db, clock, seals
        self._passwords, self._places, self._limits = guards.passwords, guards.places, guards.limits
        self._mailing, self._investors = mailing, investors
        self._link_ttl = timedelta(seconds=settings.link_ttl_s)
        self._mails_an_hour = settings.mails_an_hour
        self._limit = Limit("registrations", settings.registrations_an_hour, 3600, "closed")

    async def register(self, address: str, password: str, language: str, caller: Caller) -> None:
        """Send a link; to an address that has a login, a word about that. The caller sees no difference."""
        await self._limits.check(self._limit, network_of(caller.address))
        clean = clean_address(address)
        password_hash = await self._passwords.hashed(password, clean)
        index, token, now = self._places.email(clean), new_secret(), self._clock.now()
        registration_id = new_id()
        sealed = self._seals.seal(clean, "registration", "email", registration_id)
        async with self._db.begin() as tx:
            is_known = await logins.find(tx, index) is not None
            often = await registrations.count_since(tx, index, now - HOUR) >= self._mails_an_hour
            made = Registration(
                registration_id=registration_id,
                email_index=index,
                email_sealed=sealed,
                language=language,
                password_hash=password_hash,
                token_hash=secret_hash(token),
                state="void" if is_known or often else "open",
                created_at=now,
                expires_at=now + self._link_ttl,
            )
            await registrations.add(tx, made)
            kind = MailKind.ALREADY_REGISTERED if is_known else MailKind.CONFIRM_EMAIL
            if not often:
                await self._mailing.wish(tx, kind, language, clean, token)
        self._mailing.wake()

    async def confirm(self, token: str) -> UUID:
        """The link was opened: make the login, and have its investor opened. LinkNotGood the second time."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            found = await registrations.confirm(tx, secret_hash(token), now)
            login = self._login(found) if found else None
            if found is None or login is None or not await self._added(tx, login, found.email_index):
                raise LinkNotGood("This link was used before, or is too old. Register again for a new one.")
            await logins.add_role(tx, login.user_id, Role.INVESTOR, "registration", now)
            await registrations.void_others(tx, found.email_index)
        log.info("login.made", user_id=str(login.user_id))
        await self._investors.open(login)
        return login.user_id

    async def _added(self, tx: Tx, login: Login, email_index: bytes) -> bool:
        now = self._clock.now()
        return await logins.add(tx, login, email_index, now, now + AGAIN)

    def _login(self, found: Registration) -> Login:
        user_id = new_id()
        address = self._seals.open(found.email_sealed, "registration", "email", found.registration_id)
        return Login(
            user_id=user_id,
            investor_id=new_id(),
            email_sealed=self._seals.seal(address, "login", "email", user_id),
            language=found.language,
            password_hash=found.password_hash,
            standing=Standing.ACTIVE,
            epoch=0,
            investor_opened_at=None,
            roles=frozenset({Role.INVESTOR}),
        )
