"""Splits a bulk of commands into parts that share no account, so that they can be posted side by side."""

from collections.abc import Sequence

from capitalino.services.ledger.store.batch import Ask

LEAST = 100
"""A part below that is not worth a transaction of its own."""


def split(asks: Sequence[Ask], parts: int) -> list[list[int]]:
    """The places (from 0) of each part, in order. One part where the commands hang together."""
    everything = [[*range(len(asks))]]
    if len(asks) < parts * LEAST or any(ask.entry.refers_to is not None for ask in asks):
        return everything  # which accounts a hold or a reversed entry touches is known to the database only
    groups = _groups(asks)
    found: list[list[int]] = [[] for _ in range(parts)]
    for group in sorted(groups, key=len, reverse=True):
        min(found, key=len).extend(group)
    if min(map(len, found)) < LEAST:
        return everything
    return [sorted(part) for part in found]


def _groups(asks: Sequence[Ask]) -> list[list[int]]:
    """Places of commands that hang together by their accounts, directly or through others."""
    parents: dict[int, int] = {}

    def root(key: int) -> int:
        while (parent := parents.setdefault(key, key)) != key:
            parents[key] = key = parents[parent]
        return key

    firsts = []
    for ask in asks:
        keys = [place.account_id if place else 0 for leg in ask.legs for place in leg]
        first = root(keys[0])
        for key in keys[1:]:
            parents[root(key)] = first
        firsts.append(keys[0])
    groups: dict[int, list[int]] = {}
    for place, first in enumerate(firsts):
        groups.setdefault(root(first), []).append(place)
    return [*groups.values()]
