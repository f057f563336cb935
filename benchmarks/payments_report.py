"""Runs of the payments benchmark as they are told: what was injected, what became of it, what was saved."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.figures import percentile, say
from benchmarks.payments_checks import Outcome, Verdict
from benchmarks.payments_mix import injected

SUCCEEDED = {
    "answered": "the exchange answered at once",
    "looked_up": "by a look-up at once: the answer was lost",
    "other": "by another order at once, elsewhere: the first was refused",
    "found": "by resume: found executed later",
    "anew": "by resume: ordered anew when it was certain that nothing was executed",
    "waited": "by resume: it waited until an exchange could be asked",
}


@dataclass
class Ran:
    """One run of all intents."""

    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    begun: dict[int, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    went: dict[int, str] = field(default_factory=dict)
    """How each has gone."""
    seconds: float = 0.0

    def latencies_ms(self) -> dict[int, float]:
        """Of those that were settled, to the settlement."""
        return {
            number: (one.row["settled_at"].timestamp() - self.begun[number]) * 1000
            for number, one in self.outcomes.items()
            if one.is_settled
        }

    def share(self, count: int) -> float:
        """Percent that succeeded."""
        return round(sum(how in SUCCEEDED for how in self.went.values()) / count * 100, 2)


def tell_faults(seed: int, runs: Mapping[str, Ran]) -> None:
    """How often each kind was injected."""
    found = {name: injected(seed, ran.calls) for name, ran in runs.items()}
    say(f"\n{'injected':36}" + "".join(f"{name + ': placing':>16}{'reading':>9}" for name in runs))
    for kind in dict.fromkeys(kind for struck in found.values() for kind, _ in struck):
        cells = (f"{struck[kind, True]:16}{struck[kind, False]:9}" for struck in found.values())
        say(f"  {kind:34}" + "".join(cells))
    placed = "".join(f"{ran.calls['place']:16}{'':9}" for ran in runs.values())
    say(f"  {'of so many orders sent':34}{placed}")


def tell_outcomes(runs: Mapping[str, Ran]) -> None:
    """What became of the intents, and what each control has saved."""
    say(f"\n{'outcome':82}" + "".join(f"{name:>8}" for name in runs))
    counts = {name: Counter(ran.went.values()) for name, ran in runs.items()}
    others = sorted({how for went in counts.values() for how in went} - set(SUCCEEDED))
    for how, told in (*SUCCEEDED.items(), *((how, how) for how in others)):
        title = f"settled {told}" if how in SUCCEEDED else f"NOT settled, {told}"
        say(f"  {title:80}" + "".join(f"{went[how]:8}" for went in counts.values()))
    for name, ran in runs.items():
        at = Counter(order["venue"] for one in ran.outcomes.values() for order in one.orders)
        say(f"{name}: orders at " + "  ".join(f"{venue} {number}" for venue, number in at.most_common()))


def added_ms(clean: Ran, ran: Ran) -> list[float]:
    """How much later each was settled than without faults."""
    before = clean.latencies_ms()
    return [late - before[number] for number, late in ran.latencies_ms().items() if number in before]


def tell_run(title: str, ran: Ran, count: int) -> None:
    """How it went, in a line."""
    late = list(ran.latencies_ms().values())
    shown = "  ".join(f"p{part * 100:g} {percentile(late, part):,.0f} ms" for part in (0.5, 0.95, 0.99))
    say(f"{title}: {ran.share(count)} % settled, {shown}; {ran.seconds:.0f} s in all")


def tell_verdict(verdict: Verdict, off: Ran) -> None:
    """What the checks have found."""
    hanging = [one for one in off.outcomes.values() if not one.is_settled]
    unknown = sum(one.lost() for one in hanging)
    say(f"\noff: {len(hanging)} left hanging, {unknown} of them executed at the exchange and in no book")
    say(
        f"on: {len(verdict.double_spends)} double spends, {len(verdict.lost)} lost,"
        f" {verdict.stuck_holds} holds stuck, {len(verdict.broken)} invariants broken"
    )
    for what in verdict.broken[:20]:
        say(f"  {what}")
