"""Another password: by a link in a mail, or by who is signed in. Neither passes by the second factor."""

from datetime import timedelta

import structlog

from capitalino.kit import audit
from capitalino.kit.auth.principals import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.crypto import new_secret, secret_hash
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.kit.limits import Limit
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.delays import Factor
from capitalino.services.auth.domain.letters import MailKind
from capitalino.services.auth.domain.logins import Login, Standing, may_authenticate, network_of
from capitalino.services.auth.domain.sessions import Reason
from capitalino.services.auth.errors import LinkNotGood, PasswordWrong
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.guards import Guards
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.outcomes import Reached, State
from capitalino.services.auth.service.places import NOBODY
from capitalino.services.auth.service.standings import Standings
from capitalino.services.auth.settings import AuthSettings
from capitalino.services.auth.store import api_keys, factors, logins, passkeys, resets, sessions
from capitalino.services.auth.store.resets import Reset

log = structlog.get_logger()
HOUR = timedelta(hours=1)
LINK_TTL = timedelta(minutes=30)
ANYBODYS = "en"


class PasswordChanges:
    """A reset signs nobody in: the new password is the first step, the second factor comes after it."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        settings: AuthSettings,
        seals: Seals,
        guards: Guards,
        issuing: Issuing,
        activities: Activities,
        epochs: Epochs,
    ) -> None:
        self._db, self._clock, self._seals = db, clock, seals
        self._passwords, self._places = guards.passwords, guards.places
        self._throttle, self._limits = guards.throttle, guards.limits
        self._issuing, self._activities = issuing, activities
        self._epochs, self._mailing = epochs, activities.mailing
        self._standings = Standings(clock, issuing.lifetimes)
        self._mails_an_hour = settings.mails_an_hour
        self._limit = Limit("password_resets", settings.registrations_an_hour, 3600, "closed")

    async def ask(self, address: str, caller: Caller) -> None:
        """Send a link. An unknown address has the same answer, after the same work, and gets no mail."""
        await self._limits.check(self._limit, network_of(caller.address))
        index, token, now = self._places.email(address), new_secret(), self._clock.now()
        async with self._db.begin() as tx:
            # An unknown address costs as many statements as a known one.
            login = await logins.find(tx, index) or await logins.get(tx, NOBODY)
            is_often = await resets.count_since(tx, index, now - HOUR) >= self._mails_an_hour
            is_good = login is not None and login.standing is Standing.ACTIVE and not is_often
            user_id = login.user_id if login and is_good else None
            await resets.add(tx, Reset(new_id(), index, user_id, secret_hash(token), now, now + LINK_TTL))
            if login and is_good:
                to = self._seals.open(login.email_sealed, "login", "email", login.user_id)
                await self._mailing.wish(tx, MailKind.RESET_PASSWORD, login.language, to, token)
            else:
                await self._mailing.pretend(tx, MailKind.RESET_PASSWORD, ANYBODYS, address, token)
        self._mailing.wake()

    async def reset(self, token: str, password: str, caller: Caller) -> None:
        """Set the password with the token of the mail, once. Everything that is signed in ends."""
        await self._limits.check(self._limit, network_of(caller.address))
        hashed = secret_hash(token)
        async with self._db.begin() as tx:
            user_id = await resets.whose(tx, hashed, self._clock.now())
            login = await logins.get(tx, user_id) if user_id else None
        if login is None:
            raise LinkNotGood("This link was used before, or is too old. Ask for a new one.")
        may_authenticate(login.standing)
        address = self._seals.open(login.email_sealed, "login", "email", login.user_id)
        password_hash = await self._passwords.hashed(password, address)
        async with self._db.begin() as tx:
            now = self._clock.now()
            locked = await logins.get(tx, login.user_id, lock="update")
            if locked is None or not await resets.use(tx, hashed, now):
                raise LinkNotGood("This link was used before, or is too old. Ask for a new one.")
            may_authenticate(locked.standing)
            await logins.set_password(tx, login.user_id, password_hash)
            epoch = await logins.next_epoch(tx, login.user_id, now)
            await self._drop_begun(tx, locked)
            # Whoever had the old password may have made one.
            keys = await api_keys.revoke(tx, login.user_id, now)
            open_ones = await sessions.open_ones(tx, login.user_id, now, lock=True)
            ids = [one.session_id for one in open_ones]
            closed = await self._issuing.close(tx, ids, Reason.PASSWORD_CHANGED)
            await self._activities.note(tx, locked, Act.PASSWORD_RESET, caller)
            await audit.record(tx, str(login.user_id), "auth.password_reset", f"login:{login.user_id}")
        self._mailing.wake()
        await self._epochs.tell([*(one.session_id for one in closed), *keys], {login.user_id: epoch})
        log.info("password.reset", user_id=str(login.user_id))

    async def change(self, principal: Principal, old: str, new: str, caller: Caller) -> Reached:
        """Another password for who knows the present one. Other sessions end; this one has a new token."""
        signer = await self._issuing.signer()
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            address = self._seals.open(login.email_sealed, "login", "email", login.user_id)
            place = await self._places.of(tx, login.user_id, caller)
            index = self._places.email(address)
            charge = await self._throttle.charge(tx, Factor.PASSWORD, index, place)
        if not await self._passwords.matches(old, login.password_hash):
            raise PasswordWrong("The present password is not right.")
        async with self._db.begin() as tx:
            await self._throttle.forgive(tx, charge)
        password_hash = await self._passwords.hashed(new, address)
        async with self._db.begin() as tx:
            locked, session = await self._standings.of(tx, principal)
            if locked.password_hash != login.password_hash:
                raise PasswordWrong("The password was changed meanwhile.")
            now = self._clock.now()
            await logins.set_password(tx, login.user_id, password_hash)
            epoch = await logins.next_epoch(tx, login.user_id, now)
            await self._drop_begun(tx, locked)
            open_ones = await sessions.open_ones(tx, login.user_id, now, lock=True)
            others = [one.session_id for one in open_ones if one.session_id != session.session_id]
            closed = await self._issuing.close(tx, others, Reason.PASSWORD_CHANGED)
            renewed = await logins.get(tx, login.user_id) or locked
            token, expires_at = self._issuing.token(signer, renewed, session)
            await self._activities.note(tx, locked, Act.PASSWORD_CHANGED, caller)
            await audit.record(tx, str(login.user_id), "auth.password_changed", f"login:{login.user_id}")
        await self._epochs.tell([one.session_id for one in closed], {login.user_id: epoch})
        return Reached(State.OPEN, expires_at, renewed, access_token=token)

    @staticmethod
    async def _drop_begun(tx: Tx, login: Login) -> None:
        """What was begun with the old password is over."""
        await factors.drop_challenges(tx, login.user_id)
        await passkeys.drop_ceremonies(tx, login.user_id)
        await resets.void_others(tx, login.user_id)
