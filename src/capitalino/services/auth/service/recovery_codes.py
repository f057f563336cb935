"""Recovery codes: how many are left, and ten new ones."""

from dataclasses import dataclass
from datetime import datetime

from capitalino.kit.auth.principals import Principal
from capitalino.kit.db import Database
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.errors import FactorUnset
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.factors import Factors
from capitalino.services.auth.service.standings import Standings
from capitalino.services.auth.store import factors as store


@dataclass(frozen=True, slots=True)
class Left:
    """How many are unused, and when they were made."""

    count: int
    made_at: datetime | None


class RecoveryCodes:
    """They stand in for the authenticator, so there are none without one."""

    def __init__(
        self, db: Database, *, factors: Factors, activities: Activities, standings: Standings
    ) -> None:
        self._db, self._factors = db, factors
        self._activities, self._standings = activities, standings

    async def left(self, principal: Principal) -> Left:
        """How many the principal has."""
        async with self._db.begin() as tx:
            return Left(*await store.recovery_codes_left(tx, principal.user_id))

    async def renew(self, principal: Principal, caller: Caller) -> list[str]:
        """Ten new ones, shown this once."""
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            if await store.secret(tx, login.user_id, "confirmed") is None:
                raise FactorUnset("Set up the second factor first.")
            made = await self._factors.renew_recovery_codes(tx, login)
            await self._activities.note(tx, login, Act.RECOVERY_CODES_MADE, caller)
        return made
