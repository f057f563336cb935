"""Opening the investor of a confirmed login at users: our intention, their act, our outcome."""

from datetime import timedelta
from typing import cast

import structlog

from capitalino.contracts.users.api import Language, OpenInvestor, UsersInvestors
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.services.auth.domain.logins import Login
from capitalino.services.auth.store import logins

log = structlog.get_logger()
BATCH_MAX = 20
AGAIN = timedelta(seconds=10)


class Investors:
    """The login is the intention: while its investor is not open, a loop asks again, with the same ids."""

    def __init__(self, db: Database, clock: Clock, users: UsersInvestors) -> None:
        self._db, self._clock, self._users = db, clock, users

    async def open(self, login: Login) -> bool:
        """Open it now; False when users does not answer, and then the loop goes on."""
        command = OpenInvestor(
            user_id=login.user_id,
            investor_id=login.investor_id,
            language=cast("Language", login.language),
        )
        try:
            await self._users.open_investor(command)
        except AppError as error:
            log.warning("investor.not_opened", user_id=str(login.user_id), refusal=error.code)
            return False
        async with self._db.begin() as tx:
            await logins.investor_opened(tx, login.user_id, self._clock.now())
        return True

    async def resume(self) -> None:
        """Open what is still to be opened."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            waiting = await logins.claim_unopened(tx, now, now + AGAIN, BATCH_MAX)
        for login in waiting:
            await self.open(login)
