"""Random histories, run by the database and by a model of it, end the same, and the books agree."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capitalino.services.ledger.domain import Entry, Movement, Place
from capitalino.services.ledger.store.batch import POST, Ask, arguments, outcomes
from tests.integration.ledger.model import Counters, Model
from tests.support.database import FreshDatabase

ACCOUNTS = (
    ("EUR", 0, -500, None),
    ("EUR", 0, 0, 900),
    ("EUR", 0, 0, None),
    ("EUR", 0, 0, 400),
    ("EUR", 0, None, None),
    ("EUR", 1, 0, None),
    ("EUR", 2, -100, None),
    ("BTC", 0, None, None),
    ("BTC", 0, 0, None),
)
NOWHERE = len(ACCOUNTS)
OPEN = """
insert into ledger.account (address, asset, book, normal, state, floor, ceiling)
values ($1, $2, 'main', 1, $3, $4, $5) returning account_id"""

ends = st.tuples(st.integers(0, NOWHERE), st.integers(0, NOWHERE)).filter(lambda pair: pair[0] != pair[1])
moves = st.tuples(
    ends, st.sampled_from([1, 30, 100, 250, 10**30]), st.sampled_from(["EUR", "EUR", "EUR", "BTC"])
)
commands = st.tuples(
    st.sampled_from(["post", "post", "hold", "capture", "capture", "release", "again", "reused"]),
    st.lists(moves, min_size=1, max_size=3),
    st.integers(0, 30),  # which of the commands before it is meant, where one is
    st.sampled_from([None, None, 1, 40, 5000]),
    st.booleans(),
)
histories = st.lists(st.lists(commands, min_size=1, max_size=12), min_size=1, max_size=8)


class History:
    """Turns the strategy's numbers into commands about this example's accounts."""

    def __init__(self, keys: list[int], name: str) -> None:
        self.places: list[Place | None] = [
            Place(key, f"{name}:{number}", ACCOUNTS[number][0], "main", 0) for number, key in enumerate(keys)
        ]
        self.places.append(None)
        self.sent: list[Ask] = []
        self.holds: list[UUID] = []

    def ask(self, command: tuple[str, list[Any], int, int | None, bool]) -> Ask:
        """One command, of those sent before it if it is a repeated one."""
        kind, wanted, which, part, also = command
        if kind in {"again", "reused"} and self.sent:
            first = self.sent[-1 - which % len(self.sent)]
            if kind == "again":
                return first
            return Ask(
                Entry(first.entry.entry_id, "post", "test.other", *self._moves(wanted)[:1]),
                self._moves(wanted)[1],
            )
        kind = "post" if kind in {"again", "reused"} else kind
        movements, legs = self._moves(wanted)
        made = uuid4()
        if kind in {"capture", "release"}:
            hold_id = self.holds[-1 - which % len(self.holds)] if self.holds else uuid4()
            if kind == "release" or not also:
                movements, legs = (), ()
            sized = part if kind == "capture" else None
            ask = Ask(Entry(made, kind, "test.end", movements, hold_id, sized), legs)  # type: ignore[arg-type]
        else:
            ask = Ask(Entry(made, kind, "test.begin", movements), legs)  # type: ignore[arg-type]
            if kind == "hold":
                self.holds.append(made)
        self.sent.append(ask)
        return ask

    def _moves(
        self, wanted: list[Any]
    ) -> tuple[tuple[Movement, ...], tuple[tuple[Place | None, Place | None], ...]]:
        movements = tuple(Movement(str(pair[0]), str(pair[1]), asset, units) for pair, units, asset in wanted)
        return movements, tuple((self.places[pair[0]], self.places[pair[1]]) for pair, _, _ in wanted)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=histories)
async def test_every_history_ends_as_in_the_model(fresh_database: FreshDatabase, history: list[Any]) -> None:
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    try:
        name = f"test:{uuid4().hex}"
        keys = [await owner.fetchval(OPEN, f"{name}:{n}", *row) for n, row in enumerate(ACCOUNTS)]
        told = History(keys, name)
        model = Model({key: Counters(*row) for key, row in zip(keys, ACCOUNTS, strict=True)})
        for batch in history:
            asks = [told.ask(command) for command in batch]
            expected = model.post(asks)
            row = await app.fetchrow(POST, *arguments("main", 0, asks))
            assert [one.verdict for one in outcomes(row, len(asks))] == expected
        for row in await owner.fetch("select * from ledger.account where account_id = any ($1)", keys):
            counted = model.accounts[row["account_id"]]
            assert (counted.debits, counted.credits, counted.held_out, counted.held_in) == (
                row["debits_posted"],
                row["credits_posted"],
                row["debits_pending"],
                row["credits_pending"],
            )
        assert await owner.fetch("select * from ledger.check_books()") == []
    finally:
        await owner.close()
        await app.close()
