"""From what every venue said last of an instrument to one price, or to the reason why there is none.

The venues that are fresh vote. What lies too far from the middle of them is left out. The rest must be more
than half of those that spoke, and as many as the quorum; an instrument that is listed at fewer venues than
that needs all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from capitalino.services.market.domain.opinions import Opinion, PriceVerdict
from capitalino.services.market.domain.prices import Observation, Price
from capitalino.services.market.domain.rates import apart


@dataclass(frozen=True, slots=True)
class Rules:
    """How strict the evaluation is. A distance is a part: 0.01 is 1 %."""

    age_max: timedelta
    quorum: int = 2
    apart_max: Decimal = Decimal("0.01")

    def needed(self, listed: int) -> int:
        """So many venues must agree about an instrument that is listed at so many."""
        return max(min(self.quorum, listed), 1)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last word of a venue, and how old it is."""

    told: Observation
    age: timedelta


@dataclass(frozen=True, slots=True)
class Weighed:
    """All that was weighed about one instrument. `price` is None where it is refused."""

    instrument: str
    needed: int
    opinions: tuple[Opinion, ...]
    price: Price | None

    @property
    def is_silent(self) -> bool:
        """Whether no venue says anything fresh."""
        heard = {PriceVerdict.ACCEPTED, PriceVerdict.APART}
        return not any(opinion.verdict in heard for opinion in self.opinions)


class LivePrices:
    """The newest observation of every instrument from every venue, in the memory of one replica."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._held: dict[str, dict[str, tuple[Observation, float]]] = {}

    def hear(self, told: Observation, heard_s: float) -> None:
        """Take in an observation, unless it is older than what is held: signals may overtake each other."""
        sources = self._held.setdefault(told.instrument, {})
        held = sources.get(told.source)
        if held is None or held[0].at < told.at:
            sources[told.source] = (told, heard_s)

    def weigh(self, instrument: str, listed: Sequence[str], now: datetime, now_s: float) -> Weighed:
        """What is known of an instrument now, from the venues at which it is listed."""
        held = self._held.get(instrument, {})
        heard = {
            venue: Heard(held[venue][0], _age(*held[venue], now, now_s)) if venue in held else None
            for venue in listed
        }
        return weigh(instrument, heard, self._rules)


def weigh(instrument: str, heard: Mapping[str, Heard | None], rules: Rules) -> Weighed:
    """Weigh what was heard, by venue; None: nothing was."""
    fresh = {venue: one for venue, one in heard.items() if one is not None and one.age <= rules.age_max}
    accepted: dict[str, Heard] = {}
    if fresh:
        middle = median(one.told.mid for one in fresh.values())
        accepted = {
            venue: one for venue, one in fresh.items() if apart(one.told.mid, middle) <= rules.apart_max
        }
    opinions = tuple(_opinion(instrument, venue, one, fresh, accepted) for venue, one in heard.items())
    needed = rules.needed(len(heard))
    is_enough = len(accepted) >= needed and len(accepted) * 2 > len(fresh)
    price = replace(_price(accepted), opinions=opinions) if is_enough else None
    return Weighed(instrument, needed, opinions, price)


def _price(accepted: dict[str, Heard]) -> Price:
    told = [one.told for one in accepted.values()]
    changes = [one.change_24h for one in told if one.change_24h is not None]
    return Price(
        bid=median(one.bid for one in told),
        ask=median(one.ask for one in told),
        mid=median(one.mid for one in told),
        at=min(one.at for one in told),
        age_ms=max(one.age for one in accepted.values()) // timedelta(milliseconds=1),
        sources=tuple(sorted(accepted)),
        best_bid=max(one.bid for one in told),
        best_ask=min(one.ask for one in told),
        change_24h=median(changes) if changes else None,
    )


def _opinion(
    instrument: str, venue: str, heard: Heard | None, fresh: dict[str, Heard], accepted: dict[str, Heard]
) -> Opinion:
    if heard is None:
        return Opinion(instrument, venue, PriceVerdict.SILENT)
    verdict = PriceVerdict.ACCEPTED
    if venue not in fresh:
        verdict = PriceVerdict.STALE
    elif venue not in accepted:
        verdict = PriceVerdict.APART
    return Opinion(instrument, venue, verdict, heard.told.bid, heard.told.ask, heard.told.at, heard.age)


def _age(told: Observation, heard_s: float, now: datetime, now_s: float) -> timedelta:
    # By whichever clock it is older: the sender's may run ahead of ours, and a dead feed would look alive.
    return max(now - told.at, timedelta(seconds=now_s - heard_s), timedelta())
