"""The rules of the book again in plain Python, one command after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from capitalino.services.ledger.domain import Verdict
from capitalino.services.ledger.store.batch import Ask


@dataclass
class Counters:
    """One account."""

    asset: str
    state: int
    floor: int | None
    ceiling: int | None
    debits: int = 0
    credits: int = 0
    held_out: int = 0
    held_in: int = 0

    def copy(self) -> "Counters":
        """As it is now."""
        return Counters(**self.__dict__)


@dataclass
class Model:
    """All accounts by key, and what every id has become."""

    accounts: dict[int, Counters]
    seen: dict[UUID, tuple[Ask, Verdict]] = field(default_factory=dict)
    resolved: set[UUID] = field(default_factory=set)

    def post(self, batch: Sequence[Ask]) -> list[Verdict]:
        """A verdict a command."""
        young = {ask.entry.entry_id for ask in batch} - self.seen.keys()
        return [self._one(ask, young) for ask in batch]

    def _one(self, ask: Ask, young: set[UUID]) -> Verdict:
        if ask.entry.entry_id in self.seen:
            first, verdict = self.seen[ask.entry.entry_id]
            if first.fingerprint != ask.fingerprint:
                return Verdict.ID_REUSED
            return verdict or Verdict.REPEATED
        before = {key: account.copy() for key, account in self.accounts.items()}
        verdict = self._judge(ask, young)
        if verdict:
            self.accounts = before
        elif ask.entry.refers_to:
            self.resolved.add(ask.entry.refers_to)
        self.seen[ask.entry.entry_id] = (ask, verdict)
        return verdict

    def _judge(self, ask: Ask, young: set[UUID]) -> Verdict:
        moves: list[tuple[int, int, str | None, int, int]] = []
        part = ask.entry.part
        if hold_id := ask.entry.refers_to:
            held, verdict = self.seen.get(hold_id, (None, Verdict.ACCEPTED))
            if held is None or verdict or held.entry.kind != "hold" or hold_id in young:
                return Verdict.HOLD_UNKNOWN
            postings = _postings(held)
            if part is not None and (len(postings) > 1 or not 0 < part <= postings[0][3]):
                return Verdict.NOT_PART
            if hold_id in self.resolved:
                return Verdict.HOLD_RESOLVED
            taken = ask.entry.kind == "capture"
            moves += [(s, d, None, (part or units) * taken, -units) for s, d, _, units in postings]
        sets_aside = ask.entry.kind == "hold"
        moves += [(s, d, a, u * (not sets_aside), u * sets_aside) for s, d, a, u in _postings(ask)]
        for move in moves:
            if verdict := self._move(*move):
                return verdict
        return Verdict.ACCEPTED

    def _move(self, source: int, destination: int, asset: str | None, moved: int, held: int) -> Verdict:
        one, other, total = self.accounts.get(source), self.accounts.get(destination), moved + held
        if one is None or other is None or (asset and not one.asset == other.asset == asset):
            return Verdict.ACCOUNT_UNKNOWN
        if total > 0:
            if one.state & 6 or other.state & 5:
                return Verdict.BARRED
            if one.floor is not None and one.credits - one.debits - one.held_out - total < one.floor:
                return Verdict.FUNDS
            if (
                other.ceiling is not None
                and other.credits - other.debits + other.held_in + total > other.ceiling
            ):
                return Verdict.CEILING
        one.debits += moved
        one.held_out += held
        other.credits += moved
        other.held_in += held
        return Verdict.ACCEPTED


def _postings(ask: Ask) -> list[tuple[int, int, str, int]]:
    keys = [tuple(place.account_id if place else 0 for place in leg) for leg in ask.legs]
    return [
        (key[0], key[1], move.asset, move.units) for key, move in zip(keys, ask.entry.movements, strict=True)
    ]
