"""Random histories, run by the database and by a model of it, end the same, and the books agree."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capitalino.services.ledger.domain import Entry, Movement, Place, Share
from capitalino.services.ledger.service.proof import Proof
from capitalino.services.ledger.store.batch import POST, Ask, arguments, outcomes
from capitalino.services.ledger.tables import schema
from tests.integration.ledger.model import Counters, Model
from tests.integration.ledger.past import SIGNER, seal_all, silent
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
    st.sampled_from(
        ["post", "post", "hold", "capture", "capture", "release", "reverse", "reverse", "again", "reused"]
    ),
    st.lists(moves, min_size=1, max_size=3),
    st.integers(0, 30),  # which of the commands before it is meant, where one is
    st.sampled_from([None, None, 1, 40, 5000]),
    st.booleans(),
    st.sampled_from([None, None, None, ("tight", 40), ("wide", 40), ("unset", 0), ("unset", 1)]),
)
batches = st.tuples(st.lists(commands, min_size=1, max_size=12), st.sampled_from([False, False, False, True]))
histories = st.lists(batches, min_size=1, max_size=8)
LIMITS = {"tight": 100, "wide": 10**6}
DAY_S = 86_400


class History:
    """Turns the strategy's numbers into commands about this example's accounts."""

    def __init__(self, keys: list[int], name: str) -> None:
        self.name = name
        self.places: list[Place | None] = [
            Place(key, f"{name}:{number}", ACCOUNTS[number][0], "main", 0) for number, key in enumerate(keys)
        ]
        self.places.append(None)
        self.sent: list[Ask] = []
        self.holds: list[UUID] = []
        self.movers: list[UUID] = []

    def ask(self, command: tuple[str, list[Any], int, int | None, bool, tuple[str, int] | None]) -> Ask:
        """One command, of those sent before it if it is a repeated one."""
        kind, wanted, which, part, also, limit = command
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
        elif kind == "reverse":
            reverses = self.movers[-1 - which % len(self.movers)] if self.movers else uuid4()
            shares = (Share(1 + which % 3, part), Share(1, 1)) if part and also else ()
            ask = Ask(Entry(made, "reverse", "test.reversed", refers_to=reverses, shares=shares))
        else:
            key, units = (f"{self.name}:{limit[0]}", limit[1]) if limit else (None, None)
            ask = Ask(
                Entry(made, kind, "test.begin", movements, reference_units=units, limit_key=key),  # type: ignore[arg-type]
                legs,
            )
        if kind == "hold":
            self.holds.append(made)
        if kind in {"post", "capture"}:
            self.movers.append(made)
        self.sent.append(ask)
        return ask

    def _moves(
        self, wanted: list[Any]
    ) -> tuple[tuple[Movement, ...], tuple[tuple[Place | None, Place | None], ...]]:
        movements = tuple(Movement(str(pair[0]), str(pair[1]), asset, units) for pair, units, asset in wanted)
        return movements, tuple((self.places[pair[0]], self.places[pair[1]]) for pair, _, _ in wanted)


@pytest.fixture
async def proved_database(fresh_database: FreshDatabase) -> AsyncIterator[FreshDatabase]:
    """A database whose whole past is proved in the end: chain, books, and every balance from zero."""
    db = await fresh_database.open(schema)
    yield fresh_database
    await seal_all(db)
    proof = Proof(db, SIGNER)
    proved = await proof.verify(tell=silent)
    assert proved.entries > 0
    assert proved.waiting == 0
    assert await proof.replay(silent) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=histories)
async def test_every_history_ends_as_in_the_model(proved_database: FreshDatabase, history: list[Any]) -> None:
    owner = await asyncpg.connect(proved_database.url("ledger_owner"))
    app = await asyncpg.connect(proved_database.url("ledger_app"))
    try:
        name = f"test:{uuid4().hex}"
        keys = [await owner.fetchval(OPEN, f"{name}:{n}", *row) for n, row in enumerate(ACCOUNTS)]
        told = History(keys, name)
        model = Model({key: Counters(*row) for key, row in zip(keys, ACCOUNTS, strict=True)})
        for key, units in LIMITS.items():
            await app.execute("select ledger.set_limits($1, $2, $3)", f"{name}:{key}", [DAY_S], [units])
            model.limits[f"{name}:{key}"] = units
        for batch, whole in history:
            asks = [told.ask(command) for command in batch]
            expected = model.post(asks, whole=whole)
            row = await app.fetchrow(POST, *arguments("main", 0, asks, whole=whole))
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
        await _versions_and_times_are_whole(owner, keys)
    finally:
        await owner.close()
        await app.close()


async def _versions_and_times_are_whole(owner: asyncpg.Connection, keys: list[int]) -> None:
    """The balance at every recorded instant is the one that the account had then, and now is now."""
    lines = await owner.fetch(
        "select l.*, (ledger.balance_at(account_id, recorded_at)).recorded as then "
        "from ledger.line l where account_id = any ($1) order by account_id, version",
        keys,
    )
    last = {(line["account_id"], line["recorded_at"]): line["posted"] for line in lines}
    for line in lines:
        assert line["then"] == last[line["account_id"], line["recorded_at"]]
    now = await owner.fetch(
        "select a.credits_posted - a.debits_posted as posted, (ledger.balance_at(account_id, now())).* "
        "from ledger.account a where account_id = any ($1)",
        keys,
    )
    assert all(row["posted"] == row["recorded"] == row["effective"] for row in now)
