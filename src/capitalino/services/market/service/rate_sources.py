"""Reads the sources of reference rates: each at its own pace, and left alone for a while when it fails."""

import asyncio
from datetime import timedelta

import structlog

from capitalino.kit.breaker import Breaker, CircuitOpen, State, Tuning
from capitalino.kit.module import Given
from capitalino.services.market.adapters.forms import forms
from capitalino.services.market.adapters.port import Form, SourceTrouble
from capitalino.services.market.adapters.reading import Reader
from capitalino.services.market.domain.rates import Sheet, is_ahead
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.past_rates import PastRates
from capitalino.services.market.service.rates import Rates, rules
from capitalino.services.market.settings.rates import RateSettings
from capitalino.services.market.store import rates as store
from capitalino.services.market.store.rates import Failure

log = structlog.get_logger()
RETRY_S = 5.0
RETRY_MAX_S = 300.0
IDLE_S = 60.0
# The second failure in a row shuts it, for 5 s at first; each probe that fails doubles that, up to 5 min.
# The window is short: a success of an hour ago must not speak for a source that fails now.
TUNING = Tuning(calls_min=2, window_s=60, cooldown_s=RETRY_S, cooldown_max_s=RETRY_MAX_S)


class RateSources:
    """All sources that the settings name, with the rates that are judged from them."""

    def __init__(self, given: Given, catalogue: Catalogue, settings: RateSettings) -> None:
        asked = forms(settings)
        self.reader = Reader(settings.rates_timeout_s, given.clock)
        self.rates = Rates(given.db, catalogue, [form.source for form in asked], given.clock, rules(settings))
        self.past = PastRates(given.db, catalogue, settings)
        self.each = tuple(RateSource(form, self.reader, self.rates, given) for form in asked)

    async def round(self) -> None:
        """Read those whose time it is, side by side. The pause is inside the round: the lease stays here."""
        waits = await asyncio.gather(*(one.in_turn() for one in self.each), return_exceptions=True)
        for trouble in waits:
            if isinstance(trouble, BaseException):  # not before the others are done
                raise trouble
        await asyncio.sleep(
            min((wait for wait in waits if not isinstance(wait, BaseException)), default=IDLE_S)
        )


class RateSource:
    """One source. It is read by one replica at a time."""

    def __init__(self, form: Form, reader: Reader, rates: Rates, given: Given) -> None:
        self._form, self._reader, self._rates = form, reader, rates
        self._db, self._clock = given.db, given.clock
        self._next_s = given.clock.monotonic()
        self._breaker = Breaker(f"rates of {form.source.name}", TUNING, clock=given.clock)

    @property
    def name(self) -> str:
        """The source's name."""
        return self._form.source.name

    async def in_turn(self) -> float:
        """Read if it is time to; in how many seconds it is again."""
        left_s = self._next_s - self._clock.monotonic()
        if left_s <= 0:
            self._next_s = self._clock.monotonic() + RETRY_S  # whatever breaks in between
            left_s = await self._due_in_s() or await self.refresh()
            self._next_s = self._clock.monotonic() + left_s
        return left_s

    async def refresh(self) -> float:
        """Read now, keep what was told, and say after how many seconds to read again."""
        try:
            sheet = await self._breaker.call(self._read)
        except CircuitOpen as shut:
            wait_s: int = shut.details["retry_after_s"]
            return wait_s
        except SourceTrouble as trouble:
            return await self._failed(trouble)
        async with self._db.begin() as tx:
            is_newer = await store.keep_sheet(tx, self.name, sheet, self._clock.now())
            await self._rates.settle(tx)
        log.debug("rates.read", source=self.name, told_at=sheet.at.isoformat(), is_newer=is_newer)
        return self._form.every_s

    async def _due_in_s(self) -> float:
        """A restart or another replica does not ask again before it is time: sources count our calls."""
        async with self._db.read() as tx:
            health = (await store.health(tx)).get(self.name)
        if health is None or health.succeeded_at is None or health.failures:
            return 0
        passed = max(self._clock.now() - health.succeeded_at, timedelta())
        return max(self._form.every_s - passed.total_seconds(), 0)

    async def _read(self) -> Sheet:
        sheet = await self._reader.read(self._form)
        if is_ahead(self._form.source, sheet.at, self._clock.now()):
            raise SourceTrouble("ahead", f"It speaks of {sheet.at.isoformat()}, which has not come.")
        return sheet

    async def _failed(self, trouble: SourceTrouble) -> float:
        log.warning("rates.not_read", source=self.name, refusal=trouble.code, message=trouble.message)
        failure = Failure(trouble.code, trouble.message, is_shut=self._breaker.state is not State.CLOSED)
        async with self._db.begin() as tx:
            await store.keep_failure(tx, self.name, failure, self._clock.now())
        return min(max(RETRY_S, trouble.retry_after_s or 0), RETRY_MAX_S)
