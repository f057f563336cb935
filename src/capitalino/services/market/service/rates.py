"""Fiat reference rates: judged from what the sources told last, for every replica the same, or refused."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations

import structlog

from capitalino.contracts.market.api import FiatRate, FindFiatRate, RateOpinion
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import AppError
from capitalino.services.market.domain.evaluation import Evaluation, Opinion, Refusal, Rules, evaluate
from capitalino.services.market.domain.prices import bare
from capitalino.services.market.domain.rates import Health, Source, canonical
from capitalino.services.market.errors import RateDisputed, RateHeld, RateUnknown, RateWithoutQuorum
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.settings.rates import RateSettings
from capitalino.services.market.store import rates as store

log = structlog.get_logger()
REFUSALS: dict[Refusal, tuple[type[AppError], str]] = {
    Refusal.NO_QUORUM: (RateWithoutQuorum, "Too few sources say anything fresh of {base} in {quote}."),
    Refusal.DISPUTED: (RateDisputed, "The sources do not agree on {base} in {quote}."),
    Refusal.HELD: (RateHeld, "{base} in {quote} has moved far at once and is looked at first."),
}
RETRY_AFTER_S = 5


class Rates:
    """Keeps `contracts.market.api.MarketRates`. Everything is in the database: a restart changes nothing."""

    def __init__(
        self, db: Database, catalogue: Catalogue, sources: Sequence[Source], clock: Clock, rules: Rules
    ) -> None:
        self._db, self._catalogue, self._clock, self.rules = db, catalogue, clock, rules
        self._sources = tuple(sources)

    async def find_fiat_rate(self, query: FindFiatRate) -> FiatRate:
        """The rate now, or a refusal with the evaluation that led to it."""
        return _answer(await self.evaluation(query.base, query.quote))

    async def evaluation(self, base: str, quote: str) -> Evaluation:
        """All that speaks for a rate and against it, a rate or not."""
        self._require_pair(base, quote)
        async with self._db.read() as tx:
            return (await self._judged(tx, [(base, quote)]))[0]

    async def judge(self, tx: Tx, pair: tuple[str, str], *, lock: bool = False) -> Evaluation:
        """The same in a transaction; the last good rate is locked until it ends, if asked."""
        self._require_pair(*pair)
        return (await self._judged(tx, [pair], lock=lock))[0]

    async def rates(self, quote: str) -> list[FiatRate]:
        """What every fiat currency costs in `quote`; those that are refused are left out."""
        fiat = self._fiat()
        if quote not in fiat:
            raise RateUnknown(f"There is no fiat currency {quote}.", quote=quote)
        async with self._db.read() as tx:
            judged = await self._judged(tx, [(base, quote) for base in fiat if base != quote])
        return [_answer(evaluation) for evaluation in judged if evaluation.rate is not None]

    async def sources(self) -> list[tuple[Source, Health]]:
        """How every source does that is read."""
        async with self._db.read() as tx:
            health = await store.health(tx)
        return [(source, health.get(source.name, Health(source.name))) for source in self._sources]

    async def settle(self, tx: Tx) -> None:
        """Keep what is good now: the next rates are compared with it."""
        fiat = self._fiat()
        last_good = await store.last_good(tx, fiat, lock=True)
        told = await store.sheets(tx, fiat)
        now = self._clock.now()
        good = {}
        for pair in combinations(fiat, 2):
            sheets = {source: told.get(source.name) for source in self._sources}
            judged = evaluate(pair, sheets, self.rules, now, last_good.get(pair))
            if judged.good is not None:
                good[pair] = judged.good
            elif judged.refusal is not Refusal.NO_QUORUM:
                log.warning("rate.refused", base=pair[0], quote=pair[1], refusal=judged.refusal)
        if good:
            await store.keep_good(tx, good, now)

    async def _judged(
        self, tx: Tx, pairs: Sequence[tuple[str, str]], *, lock: bool = False
    ) -> list[Evaluation]:
        assets = {code for pair in pairs for code in pair}
        last_good = await store.last_good(tx, assets, lock=lock)
        told = await store.sheets(tx, assets)
        sheets = {source: told.get(source.name) for source in self._sources}
        now = self._clock.now()
        found = []
        for pair in pairs:
            kept = canonical(*pair)
            judged = evaluate(kept, sheets, self.rules, now, last_good.get(kept))
            found.append(judged if kept == pair else judged.inverted())
        return found

    def _fiat(self) -> list[str]:
        return sorted(code for code, named in self._catalogue.assets.items() if named.asset.kind == "fiat")

    def _require_pair(self, base: str, quote: str) -> None:
        for code in (base, quote):
            if code not in self._fiat():
                raise RateUnknown(f"There is no fiat currency {code}.", base=base, quote=quote)
        if base == quote:
            raise RateUnknown(f"{base} has no rate in itself.", base=base, quote=quote)


def rules(settings: RateSettings) -> Rules:
    """How strict the settings want it."""
    return Rules(
        quorum=settings.rates_quorum,
        apart_max=settings.rates_apart_max,
        jump_max=settings.rates_jump_max,
        live_age_max=timedelta(seconds=settings.rates_live_age_max_s),
        daily_late=timedelta(seconds=settings.rates_daily_late_s),
    )


def opinion(told: Opinion) -> RateOpinion:
    """As it is answered and stored."""
    return RateOpinion(
        source=told.source.name,
        group=told.source.group,
        verdict=told.verdict.value,
        rate=None if told.rate is None else bare(told.rate),
        at=told.at,
        age_s=None if told.age is None else told.age // timedelta(seconds=1),
    )


def _answer(judged: Evaluation) -> FiatRate:
    opinions = tuple(opinion(told) for told in judged.opinions)
    pair = {"base": judged.base, "quote": judged.quote}
    if judged.refusal is not None:
        refused, message = REFUSALS[judged.refusal]
        told = [one.model_dump(mode="json") for one in opinions]
        raise refused(message.format(**pair), **pair, opinions=told, retry_after_s=RETRY_AFTER_S)
    assert judged.rate is not None, "what is not refused is a rate"
    assert judged.told_at is not None, "a rate stands on what somebody told"
    assert judged.age is not None, "and that has an age"
    return FiatRate(
        **pair,
        rate=bare(judged.rate),
        at=judged.told_at,
        age_s=judged.age // timedelta(seconds=1),
        sources=tuple(sorted(told.source.name for told in judged.accepted)),
        opinions=opinions,
    )
