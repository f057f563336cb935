"""The ledger and its PostgreSQL are killed under load, again and again: nothing is lost or doubled."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from capitalino.contracts.ledger.api import (
    Account,
    CaptureHold,
    HoldUnits,
    LedgerAccounts,
    LedgerEntries,
    OpenAccounts,
    PostEntry,
    Posting,
    ReadBalances,
    ReleaseHold,
    ReverseEntry,
    Share,
)
from capitalino.kit.bus import Bus
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, PeerUnavailable
from capitalino.kit.ids import new_id
from capitalino.kit.rpc import Peer
from capitalino.services.ledger.store.books import check_books
from capitalino.services.ledger.tables import schema
from tests.e2e.conftest import eventually
from tests.support.stack import Stack

IS_FULL = os.environ.get("CAPITALINO_PROFILE") == "full"
ROUNDS = 10 if IS_FULL else 1
"""Of each victim."""
CALLERS = 12
LOAD_S = 1.5
WITHIN_S = 60
PLACES = {
    victim: (f"world:{victim}", *(f"investor:{victim}{number}:cash" for number in range(8)))
    for victim in ("ledger", "postgres")
}
"""The world, and people of the victim's own."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A platform of our own, a process for each service: we break it."""
    made = Stack.start(tmp_path_factory.mktemp("kills"), "many")
    yield made
    assert made.stop() == 0


@dataclass
class Load:
    """Commands of many callers, and what became of each."""

    entries: LedgerEntries
    places: tuple[str, ...]
    accepted: list[Any] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    unknown: list[Any] = field(default_factory=list)
    holds: list[tuple[UUID, Posting]] = field(default_factory=list)
    posts: list[tuple[UUID, Posting]] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    """What every account must have, by the answers alone."""
    meaning: dict[UUID, tuple[Posting, int]] = field(default_factory=dict)
    """What a command moves if it is accepted: a posting's direction and units."""

    async def run(self, seconds: float) -> None:
        """Ask for so long."""
        end = asyncio.get_running_loop().time() + seconds

        async def caller() -> None:
            while asyncio.get_running_loop().time() < end:
                await self.ask(self.next())

        await asyncio.gather(*(caller() for _ in range(CALLERS)))

    def next(self) -> Any:
        """A command by chance."""
        source, destination = random.sample(self.places, 2)
        posting = Posting(source=source, destination=destination, asset="EUR", units=random.randint(1, 500))
        entry_id, chance = new_id(), random.random()
        if chance < 0.2 and self.holds:
            hold_id, held = self.holds.pop()
            if random.random() < 0.3:
                return ReleaseHold(entry_id=entry_id, hold_id=hold_id, code="kill.release")
            self.meaning[entry_id] = (held, held.units)
            return CaptureHold(entry_id=entry_id, hold_id=hold_id, code="kill.capture")
        if chance < 0.3 and self.posts:
            reverses, moved = self.posts.pop()
            units = random.randint(1, moved.units)
            back = moved.model_copy(update={"source": moved.destination, "destination": moved.source})
            self.meaning[entry_id] = (back, units)
            shares = (Share(number=1, units=units),)
            return ReverseEntry(entry_id=entry_id, reverses=reverses, code="kill.reverse", shares=shares)
        if chance < 0.5:
            return HoldUnits(entry_id=entry_id, code="kill.hold", postings=(posting,))
        self.meaning[entry_id] = (posting, posting.units)
        return PostEntry(entry_id=entry_id, code="kill.post", postings=(posting,))

    async def ask(self, command: Any) -> None:
        """Ask once."""
        methods: dict[str, Any] = {
            "post": self.entries.post_entry,
            "hold": self.entries.hold_units,
            "capture": self.entries.capture_hold,
            "release": self.entries.release_hold,
            "reverse": self.entries.reverse_entry,
        }
        try:
            await methods[command.kind](command)
        except PeerUnavailable:
            self.unknown.append(command)
            await asyncio.sleep(0.02)
        except AppError:
            self.refused.append(command)
        else:
            self._keep(command)

    def _keep(self, command: Any) -> None:
        self.accepted.append(command)
        if command.kind == "hold":
            self.holds.append((command.entry_id, command.postings[0]))
        if command.kind == "post":
            self.posts.append((command.entry_id, command.postings[0]))
        if command.entry_id in self.meaning:
            posting, units = self.meaning[command.entry_id]
            self.moved[posting.source] -= units
            self.moved[posting.destination] += units

    async def settle(self) -> bool:
        """Ask again for all that is unknown, under the same ids; whether everything is known now."""
        again, self.unknown = self.unknown, []
        for command in again:
            await self.ask(command)
        return not self.unknown


@pytest.fixture
async def bus(stack: Stack) -> AsyncIterator[Bus]:
    """The bus, as a service that may ask the ledger."""
    made = Bus((stack.var / "secrets" / "capitalino_payments_nats_url").read_text().strip(), "payments")
    await made.open()
    yield made
    await made.close()


@pytest.mark.parametrize("victim", ["ledger", "postgres"])
async def test_killed_under_load_the_ledger_loses_and_doubles_nothing(
    stack: Stack, bus: Bus, victim: str
) -> None:
    accounts: LedgerAccounts = Peer(LedgerAccounts, bus, None)  # type: ignore[assignment]
    opened = tuple(
        Account(address=address, asset="EUR", floor=None if address.startswith("world:") else 0)
        for address in PLACES[victim]
    )
    await accounts.open_accounts(OpenAccounts(accounts=opened))
    load = Load(Peer(LedgerEntries, bus, None), PLACES[victim])  # type: ignore[arg-type]
    for _ in range(ROUNDS):
        known = len(load.accepted)
        running = asyncio.create_task(load.run(LOAD_S))
        await asyncio.sleep(random.uniform(0.2, LOAD_S - 0.2))
        assert len(load.accepted) > known, "something was under way"
        killed = stack.kill(victim)
        await running
        await asyncio.to_thread(stack.wait_restarted, victim, killed)
        await eventually(load.settle, WITHIN_S)
        await agree(load, accounts, stack)
    sample = random.sample(load.accepted, min(200, len(load.accepted)))
    before = len(load.accepted)
    for command in sample:
        await load.ask(command)  # once more, under its own id: nothing moves
    assert len(load.accepted) == before + len(sample)
    for command in sample:
        if command.entry_id in load.meaning:  # each was counted twice by us, and once by the book
            posting, units = load.meaning[command.entry_id]
            load.moved[posting.source] += units
            load.moved[posting.destination] -= units
    await agree(load, accounts, stack)
    assert load.refused, "the floors were met"


async def agree(load: Load, accounts: LedgerAccounts, stack: Stack) -> None:
    """Each account has what the answers say, to the unit, and every invariant holds, chain and replay too."""
    read = await accounts.read_balances(ReadBalances(addresses=load.places))
    assert {one.address: one.posted for one in read.balances} == {
        address: load.moved[address] for address in load.places
    }
    books = Database(stack.postgres_url(), schema)  # the server was killed: no connection outlives a round
    async with books.begin() as tx:
        assert await check_books(tx) == []
    await books.close()
    for proof in ("verify", "replay"):
        await asyncio.to_thread(stack.command, "ledger", proof)
