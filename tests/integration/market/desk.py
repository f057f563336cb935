"""A market that reads the sandbox's reference rates, and sources that say what a test wants."""

from contextlib import AsyncExitStack
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from capitalino.contracts.market.api import FiatRate, FindFiatRate
from capitalino.kit.bus import Bus
from capitalino.kit.db import Database
from capitalino.services.market.service.rate_sources import RateSource
from tests.integration.market.maker import Market, ScriptedVenue
from tests.support.clock import SettableClock
from tests.support.sandbox import Sandbox

DOLLARS = FindFiatRate(base="EUR", quote="USD")
RIALS = FindFiatRate(base="EUR", quote="IRR")
ECB = """<?xml version="1.0"?><x xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<Cube><Cube time='{day}'><Cube currency='USD' rate='{usd}'/><Cube currency='GBP' rate='0.8790'/>
</Cube></Cube></x>"""
V1 = '{{"amount":1.0,"base":"EUR","date":"{day}","rates":{{"USD":{usd},"GBP":0.8790}}}}'
V2 = '[{{"date":"{day}","base":"EUR","quote":"USD","rate":{usd}}}]'
OXR = '{{"timestamp":{at},"base":"USD","rates":{{"EUR":{euro},"GBP":0.7637,"IRR":42105}}}}'
BODIES = {"rates_ecb": ECB, "rates_frankfurter": V1, "rates_frankfurter_v2": V2, "rates_oxr": OXR}
OPERATIONS = tuple(BODIES)


class Desk:
    """A market that reads the sandbox's rates, and can be restarted."""

    def __init__(self, db: Database, bus: Bus, sandbox: Sandbox, clock: SettableClock) -> None:
        self._db, self._bus, self._sandbox, self.clock = db, bus, sandbox, clock
        self._opened = AsyncExitStack()
        self.market = self._made()

    def _made(self, **settings: Any) -> Market:
        told = {"rates_url": f"{self._sandbox.url}/rates", "rates_timeout_s": 2} | settings
        return Market(self._db, self._bus, ScriptedVenue(self.clock), self.clock, **told)

    async def start(self, **settings: Any) -> None:
        """Anew, with nothing in memory."""
        await self.stop()
        self.market = self._made(**settings)
        await self.market.catalogue.read()
        await self._opened.enter_async_context(self.market.reference.reader.opened())

    async def stop(self) -> None:
        """Close what is open."""
        await self._opened.aclose()

    def source(self, name: str) -> RateSource:
        """One of the sources."""
        return next(one for one in self.market.reference.each if one.name == name)

    async def read(self, *names: str) -> list[float]:
        """Let these sources, or all, be read once; how long each waits then."""
        chosen = [self.source(name) for name in names] or self.market.reference.each
        return [await one.refresh() for one in chosen]

    async def rate(self, query: FindFiatRate = DOLLARS) -> FiatRate:
        """What is answered now."""
        return await self.market.reference.rates.find_fiat_rate(query)

    async def verdicts(self) -> dict[str, str]:
        """What became of each source."""
        judged = await self.market.reference.rates.evaluation("EUR", "USD")
        return {opinion.source.name: opinion.verdict.value for opinion in judged.opinions}

    async def health(self, name: str) -> Any:
        """How a source does."""
        found = await self.market.reference.rates.sources()
        return next(health for source, health in found if source.name == name)

    async def say(self, operation: str, usd: str, *, day: date | None = None, age: int = 60) -> None:
        """Let a source say this of the dollar from now on: today's, or `age` seconds old."""
        day = day or (self.clock.now() - timedelta(hours=16)).date()
        at = int(self.clock.now().timestamp()) - age
        euro = (1 / Decimal(usd)).quantize(Decimal("0.000001")) if operation == "rates_oxr" else 0
        body = BODIES[operation].format(day=day, usd=usd, at=at, euro=euro)
        await self._sandbox.fail(operation, "garbage_200", body=body)

    async def say_all(self, usd: str) -> None:
        """Let all say the same."""
        await self._sandbox.heal()
        for operation in OPERATIONS:
            await self.say(operation, usd)
