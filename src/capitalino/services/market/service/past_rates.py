"""Reference rates of past days, from the European Central Bank's own file: to look back, not to quote."""

import asyncio
from datetime import date
from importlib.util import find_spec
from pathlib import Path, PurePath

import structlog

from capitalino.kit.db import Database, outside_transaction
from capitalino.services.market.adapters import ecb_history
from capitalino.services.market.adapters.port import SourceTrouble
from capitalino.services.market.domain.rates import PastRate, crossed
from capitalino.services.market.errors import RateUnknown
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.settings.rates import RateSettings
from capitalino.services.market.store import rates as store

log = structlog.get_logger()
AGAIN_S, AFTER_TROUBLE_S = 86_400, 600
TIMEOUT_S = 60.0
IDLE_S = 3600
SHIPPED_IN, SHIPPED = "currency_converter", "eurofxref-hist.zip"
"""A package that carries the file: what a new installation begins with, before it has read the bank's own."""


class PastRates:
    """Reads the file once a day, where one is named, and answers from the database.

    An empty database is filled from the file that a package carries, so that there is a past from the first
    day on; the bank's own goes over it.
    """

    def __init__(self, db: Database, catalogue: Catalogue, settings: RateSettings) -> None:
        self._db, self._catalogue, self._place = db, catalogue, settings.rates_history
        self._is_seeded = not settings.rates_seed

    async def round(self) -> None:
        """The pause is inside the round: the lease stays where it is."""
        if not self._is_seeded:
            await self.seed()
        if self._place is None:
            await asyncio.sleep(IDLE_S)
            return
        try:
            await self.read(self._place)
            await asyncio.sleep(AGAIN_S)
        except SourceTrouble as trouble:
            log.warning("past_rates.not_read", refusal=trouble.code, message=trouble.message)
            await asyncio.sleep(AFTER_TROUBLE_S)

    async def seed(self) -> int:
        """Where no day is known, read the file that is shipped; how many rates that were."""
        self._is_seeded = True
        shipped = find_spec(SHIPPED_IN)  # not imported: it would read its file too
        async with self._db.begin() as tx:
            is_known = await store.is_any_day(tx)
        if is_known or shipped is None or shipped.origin is None:
            return 0
        return await self.read(str(Path(shipped.origin).parent / SHIPPED))

    async def read(self, place: str) -> int:
        """Read it now; how many rates are new or other than before."""
        outside_transaction()
        content = await ecb_history.fetch(place, TIMEOUT_S)
        days = await asyncio.to_thread(ecb_history.read, content, self._fiat())
        async with self._db.begin() as tx:
            count = await store.keep_days(tx, days)
        log.info("past_rates.read", file=PurePath(place).name, days=len(days), changed=count)
        return count

    async def find(
        self, pair: tuple[str, str], since: date | None, until: date | None, limit: int
    ) -> list[PastRate]:
        """What one cost in the other: the first `limit` days from `since` on, or without it the last ones."""
        for code in pair:
            if code not in self._fiat():
                raise RateUnknown(f"There is no fiat currency {code}.", base=pair[0], quote=pair[1])
        if pair[0] == pair[1]:
            raise RateUnknown(f"{pair[0]} has no rate in itself.", base=pair[0], quote=pair[1])
        async with self._db.read() as tx:
            days = await store.days(tx, pair, since, until, limit)
        return [crossed(day, pair) for day in days]

    def _fiat(self) -> set[str]:
        return {code for code, named in self._catalogue.assets.items() if named.asset.kind == "fiat"}
