"""Forgetting what is long over."""

from datetime import timedelta

from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.services.auth.store import (
    factors,
    mails,
    passkeys,
    registrations,
    resets,
    sessions,
    throttles,
)

DAY = timedelta(days=1)
SESSIONS = 90 * DAY
DEVICES = 400 * DAY
MAILS = 30 * DAY
REGISTRATIONS = 7 * DAY


class Cleaning:
    """Each kind of row has its time; a login's own rows stay as long as the login."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def round(self) -> int:
        """One sweep; how many rows went."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            gone = await registrations.forget(tx, now - REGISTRATIONS)
            gone += await mails.forget(tx, now - MAILS)
            gone += await factors.forget_challenges(tx, now - DAY)
            gone += await passkeys.forget_ceremonies(tx, now - DAY)
            gone += await resets.forget(tx, now - DAY)
            gone += await throttles.forget(tx, now - 2 * DAY)
            gone += await sessions.forget_secrets(tx, now - 7 * DAY, now - DAY)
            gone += await sessions.forget(tx, now - SESSIONS)
            gone += await factors.forget_devices(tx, now - DEVICES)
        return gone
