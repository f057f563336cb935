"""What is traded where: read from the database at start and again now and then, answered from memory."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from capitalino.kit.db import Database
from capitalino.services.market.domain.instruments import Instrument, Listing, NamedAsset
from capitalino.services.market.domain.prices import Step, way
from capitalino.services.market.errors import InstrumentUnknown
from capitalino.services.market.store import candles as store
from capitalino.venues.port import Pair


class Catalogue:
    """Assets, instruments and their listings. `venues` are in the order in which their candles count."""

    def __init__(self, db: Database, venues: Sequence[str]) -> None:
        self._db = db
        self._venues = tuple(dict.fromkeys(venues))
        self.assets: dict[str, NamedAsset] = {}
        self.instruments: dict[str, Instrument] = {}
        self._listings: tuple[Listing, ...] = ()
        self._listed: dict[str, tuple[Listing, ...]] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """Read before anything is served."""
        await self.read()
        yield

    async def read(self) -> None:
        """Read it again: assets and instruments are data and may be added while we run."""
        async with self._db.read() as tx:
            assets = await store.assets(tx)
            instruments = await store.instruments(tx)
            self._listings = tuple(await store.listings(tx))
        self.assets = {named.asset.code: named for named in assets}
        self.instruments = {instrument.code: instrument for instrument in instruments}
        listed: dict[str, tuple[Listing, ...]] = {}
        for venue in self._venues:
            for listing in self._listings:
                if listing.venue == venue:
                    listed[listing.instrument] = (*listed.get(listing.instrument, ()), listing)
        self._listed = listed

    def listings(self, instrument: str) -> tuple[Listing, ...]:
        """Where it is listed, among the venues that we read and in their order."""
        return self._listed.get(instrument, ())

    def venues(self, instrument: str) -> tuple[str, ...]:
        """The names of the venues where it is listed: the candles of the first count most."""
        return tuple(listing.venue for listing in self.listings(instrument))

    def open_pairs(self) -> tuple[Pair, ...]:
        """All that is read at any venue."""
        return tuple(Pair(found.base, found.quote) for found in self.instruments.values() if found.is_open)

    def pairs(self, venue: str) -> tuple[Pair, ...]:
        """What is read at a venue."""
        listed = (
            self.instruments[listing.instrument] for listing in self._listings if listing.venue == venue
        )
        return tuple(Pair(found.base, found.quote) for found in listed if found.is_open)

    def instrument(self, code: str) -> Instrument:
        """The instrument of this name, or a refusal."""
        found = self.instruments.get(code)
        if found is None:
            raise InstrumentUnknown(f"There is no instrument {code}.", instrument=code)
        return found

    def way(self, base: str, quote: str) -> tuple[Step, ...]:
        """By which instruments one asset is priced in the other, or a refusal that says why not."""
        is_open = (code for code, instrument in self.instruments.items() if instrument.is_open)
        if steps := way(base, quote, is_open):
            return steps
        raise InstrumentUnknown(self._why_not(base, quote), base=base, quote=quote)

    def _why_not(self, base: str, quote: str) -> str:
        unknown = [code for code in (base, quote) if code not in self.assets]
        if unknown:
            return f"There is no asset {unknown[0]}."
        if base == quote:
            return f"{base} has no price in itself."
        if {self.assets[base].asset.kind, self.assets[quote].asset.kind} == {"fiat"}:
            return f"One fiat currency in another, as {base} in {quote}, has a reference rate and no price."
        return f"{base} is not priced in {quote}."
