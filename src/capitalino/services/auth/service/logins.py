"""What operators do with logins: roles, and whether they may be used. Nobody sets another's password."""

from uuid import UUID

import structlog

from capitalino.kit import audit
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.services.auth.domain.logins import Login, Role, Standing
from capitalino.services.auth.domain.sessions import Reason
from capitalino.services.auth.errors import LoginUnknown, RoleUnknown
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.service.places import Places
from capitalino.services.auth.store import api_keys, factors, logins, passkeys, sessions

log = structlog.get_logger()


BATCH_MAX = 200
NOBODY = UUID(int=0)


class Logins:
    """Every change acts at once: the epoch moves on, and older access tokens are dead."""

    def __init__(
        self, db: Database, clock: Clock, *, places: Places, issuing: Issuing, epochs: Epochs
    ) -> None:
        self._db, self._clock = db, clock
        self._places, self._issuing, self._epochs = places, issuing, epochs

    async def find(self, address: str) -> Login:
        """The login of an address; LoginUnknown."""
        async with self._db.begin() as tx:
            login = await logins.find(tx, self._places.email(address))
        if login is None:
            raise LoginUnknown("There is no login of this address.")
        return login

    async def grant_role(self, user_id: UUID, role: str, *, by: str) -> bool:
        """Give a role; False when it was given before. `by` says who did it."""
        given = _role(role)
        async with self._db.begin() as tx:
            await self._locked(tx, user_id)
            changed = await logins.add_role(tx, user_id, given, by, self._clock.now())
            epoch = await logins.next_epoch(tx, user_id, self._clock.now()) if changed else None
            await audit.record(tx, by, "auth.role_granted", f"login:{user_id}", {"role": given})
        await self._tell(user_id, epoch)
        log.info("role.granted", user_id=str(user_id), role=given, by=by)
        return changed

    async def withdraw_role(self, user_id: UUID, role: str, *, by: str) -> bool:
        """Take a role away; False when it was not there."""
        taken = _role(role)
        async with self._db.begin() as tx:
            await self._locked(tx, user_id)
            changed = await logins.remove_role(tx, user_id, taken)
            epoch = await logins.next_epoch(tx, user_id, self._clock.now()) if changed else None
            await audit.record(tx, by, "auth.role_withdrawn", f"login:{user_id}", {"role": taken})
        await self._tell(user_id, epoch)
        log.info("role.withdrawn", user_id=str(user_id), role=taken, by=by)
        return changed

    async def stand(self, user_id: UUID, standing: Standing, *, by: str) -> None:
        """Lock, disable, or let in again. Out of the door: sessions, challenges and tokens end at once."""
        assert standing is not Standing.UNCONFIRMED, "a login is confirmed for good"
        now, epoch, closed = self._clock.now(), None, []
        async with self._db.begin() as tx:
            await self._locked(tx, user_id)
            await logins.stand(tx, user_id, standing)
            if standing is not Standing.ACTIVE:
                epoch = await logins.next_epoch(tx, user_id, now)
                await factors.drop_challenges(tx, user_id)
                await passkeys.drop_ceremonies(tx, user_id)
                standing_open = await sessions.open_ones(tx, user_id, now, lock=True)
                ids = [one.session_id for one in standing_open]
                closed = await self._issuing.close(tx, ids, Reason.BARRED)
            await audit.record(tx, by, "auth.login_stands", f"login:{user_id}", {"standing": standing})
        await self._epochs.tell(
            [one.session_id for one in closed], {user_id: epoch} if epoch is not None else None
        )
        log.info("login.stands", user_id=str(user_id), standing=standing, by=by)

    async def sign_out_everybody(self, *, by: str) -> int:
        """End every session and token, and every API key; how many logins. Begun again, it ends what is left.

        In small transactions, so that nobody waits long who signs in again.
        """
        count, last = 0, NOBODY
        async with self._db.begin() as tx:
            await audit.record(tx, by, "auth.everybody_signed_out", "logins")
        while ids := await self._sign_out_after(last):
            count, last = count + len(ids), ids[-1]
        log.warning("everybody.signed_out", logins=count, by=by)
        return count

    async def _sign_out_after(self, last: UUID) -> list[UUID]:
        now, epochs, over = self._clock.now(), {}, []
        async with self._db.begin() as tx:
            ids = await logins.after(tx, last, BATCH_MAX)
            for user_id in ids:
                epochs[user_id] = await logins.next_epoch(tx, user_id, now)
                await factors.drop_challenges(tx, user_id)
                await passkeys.drop_ceremonies(tx, user_id)
                over += await api_keys.revoke(tx, user_id, now)
                standing_open = await sessions.open_ones(tx, user_id, now, lock=True)
                closed = [one.session_id for one in standing_open]
                over += [one.session_id for one in await self._issuing.close(tx, closed, Reason.BARRED)]
        await self._epochs.tell(over, epochs)
        return ids

    async def _locked(self, tx: Tx, user_id: UUID) -> Login:
        login = await logins.get(tx, user_id, lock="update")
        if login is None:
            raise LoginUnknown("There is no such login.")
        return login

    async def _tell(self, user_id: UUID, epoch: int | None) -> None:
        if epoch is not None:
            await self._epochs.tell(epochs={user_id: epoch})


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise RoleUnknown("There is no such role.", roles=[one.value for one in Role]) from None
