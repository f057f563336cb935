"""From what every source said last to one rate, or to a refusal that says why there is none.

The sources that are fresh vote. A group of sources that repeat each other has one vote, shared among them.
What lies too far from the middle of the votes is left out. The rest must be a majority of the groups that
spoke, and as many as the quorum. A rate far from the last good one is held for people to look at, unless
it stands on more groups than that one did: a first mistake must not keep out those who know better.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from capitalino.services.market.domain import bank_days
from capitalino.services.market.domain.rates import EVEN, ONE, Sheet, Source, apart, is_ahead


class Verdict(StrEnum):
    """What became of one source's word."""

    ACCEPTED = "accepted"
    UNSEEN = "unseen"  # it has never said anything
    UNQUOTED = "unquoted"  # it does not speak of both currencies
    AHEAD = "ahead"  # it speaks of a time that has not come
    STALE = "stale"
    OUTLIER = "outlier"


class Refusal(StrEnum):
    """Why there is no rate."""

    NO_QUORUM = "no_quorum"  # too few groups have said anything fresh
    DISPUTED = "disputed"  # those that have do not agree
    HELD = "held"  # they agree on something far from the last good rate


@dataclass(frozen=True, slots=True)
class Rules:
    """How strict the evaluation is. Distances are parts: 0.01 is 1 %."""

    quorum: int = 1
    apart_max: Decimal = Decimal("0.01")
    jump_max: Decimal = Decimal("0.05")
    live_age_max: timedelta = timedelta(hours=2)
    daily_late: timedelta = timedelta(hours=4)
    """So long after its hour a daily file may come; then the one before is stale."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One source's word, and what became of it."""

    source: Source
    verdict: Verdict
    rate: Decimal | None = None
    at: datetime | None = None
    age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """The last rate that nothing spoke against, and on how many groups it stood."""

    rate: Decimal
    groups: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was weighed. `found` is what the sources agree on, even if it is held and so no rate."""

    base: str
    quote: str
    at: datetime
    opinions: tuple[Opinion, ...]
    found: Decimal | None
    last_good: Good | None
    refusal: Refusal | None

    @property
    def rate(self) -> Decimal | None:
        """The rate; None when it is refused."""
        return None if self.refusal else self.found

    @property
    def accepted(self) -> tuple[Opinion, ...]:
        """The opinions that the rate stands on."""
        return tuple(opinion for opinion in self.opinions if opinion.verdict is Verdict.ACCEPTED)

    @property
    def good(self) -> Good | None:
        """The rate as it is kept to compare the next one with; None when it is refused."""
        groups = {opinion.source.group for opinion in self.accepted}
        return None if self.rate is None else Good(self.rate, len(groups))

    @property
    def told_at(self) -> datetime | None:
        """When the oldest of them was told."""
        return min((opinion.at for opinion in self.accepted if opinion.at), default=None)

    @property
    def age(self) -> timedelta | None:
        """How old the oldest of them is."""
        return max((opinion.age for opinion in self.accepted if opinion.age is not None), default=None)

    def inverted(self) -> "Evaluation":
        """The same, seen from the other currency."""
        return replace(
            self,
            base=self.quote,
            quote=self.base,
            opinions=tuple(replace(opinion, rate=_turned(opinion.rate)) for opinion in self.opinions),
            found=_turned(self.found),
            last_good=self.last_good and replace(self.last_good, rate=EVEN.divide(ONE, self.last_good.rate)),
        )


def evaluate(
    pair: tuple[str, str],
    told: Mapping[Source, Sheet | None],
    rules: Rules,
    now: datetime,
    last_good: Good | None = None,
) -> Evaluation:
    """Weigh what was told of one pair."""
    heard = [_heard(source, sheet, pair, rules, now) for source, sheet in told.items()]
    fresh = [opinion for opinion in heard if opinion.verdict is Verdict.ACCEPTED]
    centre = middle(fresh)
    opinions = tuple(_weighed(opinion, centre, rules) for opinion in heard)
    kept = [opinion for opinion in opinions if opinion.verdict is Verdict.ACCEPTED]
    found, refusal = None, _too_few(fresh, kept, rules)
    if refusal is None:
        found = middle(kept)
        refusal = Refusal.HELD if _is_jump(found, kept, last_good, rules) else None
    return Evaluation(*pair, now, opinions, found, last_good, refusal)


def middle(opinions: Sequence[Opinion]) -> Decimal | None:
    """The median, where every group weighs the same however many sources it has; None of none."""
    members = Counter(opinion.source.group for opinion in opinions)
    votes = sorted(
        (opinion.rate, Fraction(1, members[opinion.source.group]))
        for opinion in opinions
        if opinion.rate is not None
    )
    half, passed = Fraction(len(members), 2), Fraction(0)
    for number, (rate, weight) in enumerate(votes):
        passed += weight
        if passed == half:
            return EVEN.divide(EVEN.add(rate, votes[number + 1][0]), Decimal(2))
        if passed > half:
            return rate
    return None


def _heard(
    source: Source, sheet: Sheet | None, pair: tuple[str, str], rules: Rules, now: datetime
) -> Opinion:
    if sheet is None:
        return Opinion(source, Verdict.UNSEEN)
    rate, age = sheet.rate(*pair), max(now - sheet.at, timedelta())
    verdict = Verdict.ACCEPTED
    if rate is None:
        verdict = Verdict.UNQUOTED
    elif is_ahead(source, sheet.at, now):
        verdict = Verdict.AHEAD
    elif _is_stale(source, sheet.at, rules, now):
        verdict = Verdict.STALE
    return Opinion(source, verdict, rate, sheet.at, age)


def _is_stale(source: Source, at: datetime, rules: Rules, now: datetime) -> bool:
    if source.is_daily:
        return bank_days.missed(bank_days.day_of(at), now, rules.daily_late, at_most=1) > 0
    return now - at > rules.live_age_max


def _weighed(opinion: Opinion, centre: Decimal | None, rules: Rules) -> Opinion:
    if opinion.verdict is not Verdict.ACCEPTED or opinion.rate is None or centre is None:
        return opinion
    is_far = apart(opinion.rate, centre) > rules.apart_max
    return replace(opinion, verdict=Verdict.OUTLIER) if is_far else opinion


def _too_few(fresh: Iterable[Opinion], kept: Iterable[Opinion], rules: Rules) -> Refusal | None:
    spoke, agree = ({opinion.source.group for opinion in some} for some in (fresh, kept))
    if len(spoke) < rules.quorum:
        return Refusal.NO_QUORUM
    is_majority = len(agree) * 2 > len(spoke)
    return None if is_majority and len(agree) >= rules.quorum else Refusal.DISPUTED


def _is_jump(found: Decimal | None, kept: Iterable[Opinion], last_good: Good | None, rules: Rules) -> bool:
    if found is None or last_good is None or apart(found, last_good.rate) <= rules.jump_max:
        return False
    return len({opinion.source.group for opinion in kept}) <= last_good.groups


def _turned(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else EVEN.divide(ONE, rate)
