"""Reference rates of past days, from the European Central Bank's own file: to look back, not to quote."""

import asyncio
from datetime import date
from pathlib import PurePath

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


class PastRates:
    """Reads the file once a day, where one is named, and answers from the database."""

    def __init__(self, db: Database, catalogue: Catalogue, settings: RateSettings) -> None:
        self._db, self._catalogue, self._place = db, catalogue, settings.rates_history

    async def round(self) -> None:
        """The pause is inside the round: the lease stays where it is."""
        if self._place is None:
            await asyncio.sleep(IDLE_S)
            return
        try:
            await self.read(self._place)
            await asyncio.sleep(AGAIN_S)
        except SourceTrouble as trouble:
            log.warning("past_rates.not_read", refusal=trouble.code, message=trouble.message)
            await asyncio.sleep(AFTER_TROUBLE_S)

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
