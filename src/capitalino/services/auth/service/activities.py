"""What logins do, written down for their owners to read; what somebody else may have done is mailed."""

import json
from dataclasses import dataclass

from capitalino.kit.auth.principals import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.kit.pages import ROWS_MAX, Page
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.activities import ALERTS, Act, Activity
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.devices import device_name
from capitalino.services.auth.domain.logins import Login
from capitalino.services.auth.service.mailing import Mailing
from capitalino.services.auth.store import activities

NOWHERE = Caller("")


@dataclass(frozen=True, slots=True)
class ActivityView:
    """Something that happened, as the owner of the login sees it."""

    activity: Activity
    address: str
    device: str


class Activities:
    """A note is written in the transaction of what it speaks of, and so is the wish for the mail about it."""

    def __init__(self, db: Database, clock: Clock, *, seals: Seals, mailing: Mailing) -> None:
        self._db, self._clock, self._seals, self.mailing = db, clock, seals, mailing

    async def note(
        self, tx: Tx, login: Login, act: Act, caller: Caller | None, subject: str | None = None
    ) -> None:
        """Write down what the login did."""
        activity_id, where = new_id(), caller or NOWHERE
        origin = json.dumps({"address": where.address, "device": device_name(where.agent)})
        sealed = self._seals.seal(origin, "activity", "origin", activity_id)
        await activities.add(tx, activity_id, login.user_id, act, sealed, subject, self._clock.now())
        if kind := ALERTS.get(act):
            address = self._seals.open(login.email_sealed, "login", "email", login.user_id)
            place = f"{device_name(where.agent)}, {where.address}"
            await self.mailing.wish(tx, kind, login.language, address, place=place)

    async def of(self, principal: Principal, page: Page) -> tuple[list[ActivityView], int]:
        """One page of what the principal's login did, the newest first, with one more if there is more."""
        async with self._db.read() as tx:
            found = await activities.of(
                tx, principal.user_id, page.limit + 1, before=page.after_number, skip=page.offset
            )
            total = await activities.count(tx, principal.user_id, ROWS_MAX)
        return [self._view(one) for one in found], total

    def _view(self, found: Activity) -> ActivityView:
        origin = json.loads(self._seals.open(found.origin_sealed, "activity", "origin", found.activity_id))
        return ActivityView(found, origin["address"], origin["device"])
