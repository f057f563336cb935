"""One call of `ledger.post_batch`: commands to arrays, and its answer to an outcome for each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg.pgproto import pgproto

from capitalino.services.ledger.domain import Entry, Outcome, Place, Standing, Verdict

# Amounts travel as text, which the server turns into numbers: Decimal's own encoding costs four times that.
POST = """
select * from ledger.post_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text[]::numeric[], $12::text[]::numeric[], $13, $14, $15,
    $16, $17, $18, $19, $20::text[]::numeric[])"""
FIRST_ANSWERS = """
select e.entry_id, e.recorded_at,
       l.address, l.asset, l.posted::text, l.held_out::text, l.held_in::text, l.version
  from ledger.entry e cross join lateral ledger.lines_of(e.entry_id) l
 where e.entry_id = any ($1)"""
COLUMNS = ("l_entry", "l_address", "l_asset", "l_posted", "l_held_out", "l_held_in", "l_version")
Leg = tuple[Place | None, Place | None]


class Ask:
    """An entry with the accounts that it names; None stands for one that is not open."""

    __slots__ = ("entry", "fingerprint", "legs", "metadata", "trace")

    def __init__(
        self, entry: Entry, legs: Sequence[Leg] = (), metadata: str | None = None, trace: str | None = None
    ) -> None:
        self.entry, self.legs, self.metadata, self.trace = entry, legs, metadata, trace
        self.fingerprint = pgproto.UUID(entry.fingerprint)  # made and sent in a tenth of the usual time


def arguments(book: str, shard: int, asks: Sequence[Ask], *, whole: bool = False) -> tuple[Any, ...]:
    """One array a column; a column without a value in the whole batch is sent as null, which is cheapest."""
    entries = [ask.entry for ask in asks]
    return (
        book,
        shard,
        whole,
        [entry.entry_id for entry in entries],
        [entry.kind for entry in entries],
        [entry.code for entry in entries],
        _column([entry.refers_to for entry in entries]),
        [ask.fingerprint for ask in asks],
        _column([entry.effective_at for entry in entries]),
        _column([entry.expires_at for entry in entries]),
        _column([None if entry.part is None else str(entry.part) for entry in entries]),
        _column([None if entry.reference_units is None else str(entry.reference_units) for entry in entries]),
        _column([entry.limit_key for entry in entries]),
        _column([ask.metadata for ask in asks]),
        _column([ask.trace for ask in asks]),
        *_postings(asks),
    )


def _postings(asks: Sequence[Ask]) -> tuple[list[Any], ...]:
    """Number of the entry, source, destination, asset, units. No account has the key 0: it is refused."""
    numbers: list[int] = []
    sources: list[int] = []
    destinations: list[int] = []
    assets: list[str] = []
    units: list[str] = []
    for number, ask in enumerate(asks, 1):
        for movement, (source, destination) in zip(ask.entry.movements, ask.legs, strict=True):
            numbers.append(number)
            sources.append(source.account_id if source else 0)
            destinations.append(destination.account_id if destination else 0)
            assets.append(movement.asset)
            units.append(str(movement.units))
        for share in ask.entry.shares:  # the function knows the accounts of what is reversed
            numbers.append(number)
            sources.append(share.number)
            destinations.append(0)
            assets.append("")
            units.append(str(share.units))
    return numbers, sources, destinations, assets, units


def outcomes(row: Any, count: int) -> list[Outcome]:
    """What the function answered, one a command. Repeated ones come bare: they are read again."""
    standings: list[dict[tuple[str, str], Standing]] = [{} for _ in range(count)]
    for number, address, asset, posted, held_out, held_in, version in zip(
        *(row[name] or () for name in COLUMNS), strict=True
    ):
        after = standings[number - 1]
        key = (address, asset)
        before = after.get(key)
        if before is None or before.version < version:
            after[key] = Standing(address, asset, int(posted), int(held_out), int(held_in), version)
    at, verdicts = row["at"], row["verdicts"]
    if verdicts is None:
        return [Outcome(Verdict.ACCEPTED, at, [*after.values()]) for after in standings]
    return [
        Outcome(Verdict.ACCEPTED, at, [*after.values()]) if verdict == 0 else Outcome(Verdict(verdict))
        for verdict, after in zip(verdicts, standings, strict=True)
    ]


def first_answers(rows: Sequence[Any]) -> dict[UUID, Outcome]:
    """What accepted entries answered the first time, from their lines."""
    found: dict[UUID, list[Standing]] = {}
    times = {}
    for entry_id, at, address, asset, posted, held_out, held_in, version in map(tuple, rows):
        times[entry_id] = at
        standing = Standing(address, asset, int(posted), int(held_out), int(held_in), version)
        found.setdefault(entry_id, []).append(standing)
    return {key: Outcome(Verdict.REPEATED, times[key], standings) for key, standings in found.items()}


def _column(values: list[Any]) -> list[Any] | None:
    return values if any(value is not None for value in values) else None
