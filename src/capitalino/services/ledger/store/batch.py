"""One call of `ledger.post_batch`: commands to arrays, and its answer to an outcome for each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any
from uuid import UUID

from capitalino.services.ledger.domain import Entry, Outcome, Place, Standing, Verdict

# Amounts travel as text, which the server turns into numbers: Decimal's own encoding costs four times that.
POST = """
select * from ledger.post_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[]::numeric[], $11::text[]::numeric[], $12, $13,
    $14, $15, $16, $17, $18::text[]::numeric[])"""
FIRST_ANSWER = """
select e.recorded_at, l.address, l.asset, l.posted::text, l.held_out::text, l.held_in::text, l.version
  from ledger.entry e cross join lateral ledger.lines_of(e.entry_id) l
 where e.entry_id = $1"""


@dataclass(frozen=True, slots=True)
class Ask:
    """An entry with the accounts that it names; None stands for one that is not open."""

    entry: Entry
    legs: tuple[tuple[Place | None, Place | None], ...] = ()
    metadata: str | None = None
    trace: str | None = None
    fingerprint: UUID = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", self.entry.fingerprint)


def arguments(book: str, shard: int, asks: Sequence[Ask]) -> tuple[Any, ...]:
    """One array a column; a column without a value in the whole batch is sent as null, which is cheapest."""
    entries = [ask.entry for ask in asks]
    postings = [
        (number, _key(source), _key(destination), movement.asset, str(movement.units))
        for number, ask in enumerate(asks, 1)
        for movement, (source, destination) in zip(ask.entry.movements, ask.legs, strict=True)
    ]
    return (
        book,
        shard,
        [entry.entry_id for entry in entries],
        [entry.kind for entry in entries],
        [entry.code for entry in entries],
        _column([entry.hold_id for entry in entries]),
        [ask.fingerprint for ask in asks],
        _column([entry.effective_at for entry in entries]),
        _column([entry.expires_at for entry in entries]),
        _column([_text(entry.part) for entry in entries]),
        _column([_text(entry.reference_units) for entry in entries]),
        _column([ask.metadata for ask in asks]),
        _column([ask.trace for ask in asks]),
        *([posting[column] for posting in postings] for column in range(5)),
    )


def outcomes(row: Any, count: int) -> list[Outcome]:
    """What the function answered, one a command. Repeated ones come bare: they are read again."""
    standings: dict[int, dict[tuple[str, str], Standing]] = defaultdict(dict)
    if row["l_entry"]:
        columns = ("l_entry", "l_address", "l_asset", "l_posted", "l_held_out", "l_held_in", "l_version")
        for number, *line in zip(*(row[name] for name in columns), strict=True):
            after = _standing(*line)
            before = standings[number].get((after.address, after.asset))
            if before is None or before.version < after.version:
                standings[number][after.address, after.asset] = after
    verdicts = row["verdicts"] or list(repeat(0, count))
    return [
        Outcome(Verdict(verdict), row["at"], tuple(standings[number].values()))
        if verdict == 0
        else Outcome(Verdict(verdict))
        for number, verdict in enumerate(verdicts, 1)
    ]


def first_answer(rows: Sequence[Any]) -> Outcome:
    """What an accepted entry answered the first time, from its lines."""
    standings = (_standing(*row[1:]) for row in map(tuple, rows))
    return Outcome(Verdict.REPEATED, rows[0]["recorded_at"], tuple(standings))


def _standing(address: str, asset: str, posted: str, held_out: str, held_in: str, version: int) -> Standing:  # noqa: PLR0917
    return Standing(address, asset, int(posted), int(held_out), int(held_in), version)


def _key(place: Place | None) -> int:
    return (
        place.account_id if place else 0
    )  # no account has the key 0: the book refuses it and remembers the id


def _column(values: list[Any]) -> list[Any] | None:
    return values if any(value is not None for value in values) else None


def _text(units: int | None) -> str | None:
    return None if units is None else str(units)
