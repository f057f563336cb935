"""The rules of the book again in plain Python, one command after the other."""

from collections.abc import Sequence
from copy import deepcopy
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


@dataclass
class Model:
    """All accounts by key, and what every id has become."""

    accounts: dict[int, Counters]
    limits: dict[str, int] = field(default_factory=dict)
    """What each key still leaves; histories are shorter than any window."""
    seen: dict[UUID, tuple[Ask, Verdict]] = field(default_factory=dict)
    resolved: set[UUID] = field(default_factory=set)
    moved: dict[UUID, list[tuple[int, int, int]]] = field(default_factory=dict)
    """What accepted posts and captures moved, posting by posting."""
    left: dict[tuple[UUID, int], int] = field(default_factory=dict)
    """What may still be reversed of each of them."""

    def post(self, batch: Sequence[Ask], *, whole: bool = False) -> list[Verdict]:
        """A verdict a command."""
        young = {ask.entry.entry_id for ask in batch} - self.seen.keys()
        before = deepcopy((self.accounts, self.limits, self.resolved, self.moved, self.left))
        found = [self._one(ask, young) for ask in batch]
        if whole and any(verdict.is_refusal for verdict in found):
            self.accounts, self.limits, self.resolved, self.moved, self.left = before
            for ask in batch:
                if ask.entry.entry_id in young and self.seen[ask.entry.entry_id][1] is Verdict.ACCEPTED:
                    self.seen[ask.entry.entry_id] = (self.seen[ask.entry.entry_id][0], Verdict.TOGETHER)
            found = [
                verdict
                if verdict.is_refusal or ask.entry.entry_id not in young
                else self.seen[ask.entry.entry_id][1]
                for ask, verdict in zip(batch, found, strict=True)
            ]
        return found

    def _one(self, ask: Ask, young: set[UUID]) -> Verdict:
        if ask.entry.entry_id in self.seen:
            first, verdict = self.seen[ask.entry.entry_id]
            if first.fingerprint != ask.fingerprint:
                return Verdict.ID_REUSED
            return verdict or Verdict.REPEATED
        before = deepcopy((self.accounts, self.left))
        verdict = self._judge(ask, young)
        key = ask.entry.limit_key
        if not verdict and key is not None:
            verdict = Verdict.ACCEPTED if self.limits.get(key, 0) >= _counted(ask) else Verdict.LIMIT
        if verdict:
            self.accounts, self.left = before
        else:
            self._keep(ask)
        self.seen[ask.entry.entry_id] = (ask, verdict)
        return verdict

    def _keep(self, ask: Ask) -> None:
        if ask.entry.limit_key is not None:
            self.limits[ask.entry.limit_key] = self.limits.get(ask.entry.limit_key, 0) - _counted(ask)
        if ask.entry.kind == "release" and ask.entry.refers_to:
            held = self.seen[ask.entry.refers_to][0]
            if held.entry.limit_key is not None:
                self.limits[held.entry.limit_key] += _counted(held)
        if ask.entry.kind in {"capture", "release"} and ask.entry.refers_to:
            self.resolved.add(ask.entry.refers_to)
        if ask.entry.kind in {"post", "capture"}:
            moved = [(s, d, units) for s, d, _, units in self._held(ask) + _postings(ask)]
            self.moved[ask.entry.entry_id] = moved
            for number, (_, _, units) in enumerate(moved, 1):
                self.left[ask.entry.entry_id, number] = units

    def _held(self, ask: Ask) -> list[tuple[int, int, str, int]]:
        """What a capture takes of its hold."""
        if ask.entry.kind != "capture" or ask.entry.refers_to is None:
            return []
        postings = _postings(self.seen[ask.entry.refers_to][0])
        return [(s, d, asset, ask.entry.part or units) for s, d, asset, units in postings]

    def _reverse(self, ask: Ask, young: set[UUID]) -> Verdict:
        reverses = ask.entry.refers_to
        assert reverses is not None, "a reversal refers to an entry"
        moved = self.moved.get(reverses)
        if moved is None or reverses in young:
            return Verdict.ENTRY_UNKNOWN
        everything = [(number, units) for number, (_, _, units) in enumerate(moved, 1)]
        for number, units in ask.entry.shares or everything:
            if number > len(moved):
                return Verdict.NOT_PART
            if self.left[reverses, number] < units:
                return Verdict.REVERSED
            source, destination, _ = moved[number - 1]
            if verdict := self._move(destination, source, None, units, 0):
                return verdict
            self.left[reverses, number] -= units
        return Verdict.ACCEPTED

    def _judge(self, ask: Ask, young: set[UUID]) -> Verdict:
        if ask.entry.kind == "reverse":
            return self._reverse(ask, young)
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


def _counted(ask: Ask) -> int:
    return ask.entry.reference_units or 0


def _postings(ask: Ask) -> list[tuple[int, int, str, int]]:
    keys = [tuple(place.account_id if place else 0 for place in leg) for leg in ask.legs]
    return [
        (key[0], key[1], move.asset, move.units) for key, move in zip(keys, ask.entry.movements, strict=True)
    ]
