"""Proving the book: the chain is made again from the rows, the balances again from the entries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from capitalino.kit.db import Database
from capitalino.services.ledger.adapters.signer import Mode, Signer, signer_of
from capitalino.services.ledger.settings import LedgerSettings
from capitalino.services.ledger.store import books, chain
from capitalino.services.ledger.store.chain import START, Again, Broken, Checkpoint

BLOCKS_AT_ONCE = 10
CHECKPOINTS_AT_ONCE = 1000
LINES_AT_ONCE = 50_000
ENOUGH = 1000
"""Of what is broken: more is not looked for."""
Tell = Callable[[str], None]
"""Told how far it is, in half a sentence."""


class BookBroken(Exception):
    """The proof has failed. Its text is a sentence that names the first row that is not what it was."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proved, and how many entries are not in the chain yet."""

    blocks: int
    entries: int
    checkpoints: int
    waiting: int


class Proof:
    """Reads all of the book itself (not of a replica), changes nothing, may run beside postings."""

    def __init__(self, db: Database, signer: Signer) -> None:
        self._db, self._signer = db, signer

    @classmethod
    def of(cls, db: Database, settings: LedgerSettings, mode: Mode) -> "Proof":
        """With the keys that the settings name."""
        return cls(db, signer_of(settings, mode))

    async def verify(self, *, first: int = 1, kept: Sequence[Checkpoint] = (), tell: Tell) -> Verified:
        """Prove that nothing was changed since it was sealed, from block `first` on; else BookBroken.

        `kept` are checkpoints from outside: whoever rewrites the database cannot rewrite those.
        """
        blocks, entries = await self._walk(first, tell)
        signed = await self._checkpoints(kept, tell)
        tell("looking for what is in no block")
        async with chain.unhurried(self._db) as tx:
            outside = await chain.outside_the_chain(tx, ENOUGH)
            waiting = await chain.waiting(tx)
        if outside:
            raise BookBroken(_sentence(outside[0]) + _more(len(outside) - 1))
        tell("checking the books")
        async with chain.unhurried(self._db) as tx:
            broken = await books.check_books(tx)
        if broken:
            raise BookBroken(f"The books do not agree: {broken[0]}.{_more(len(broken) - 1)}")
        return Verified(blocks, entries, signed, waiting)

    async def replay(self, tell: Tell) -> list[str]:
        """Add everything up from zero. A sentence for each difference, until there are enough."""
        found: list[str] = []
        for what in chain.REPLAYS:
            tell(f"{what} from the entries")
            async with chain.unhurried(self._db) as tx:
                found += await chain.replay(tx, what, ENOUGH)
        async with chain.unhurried(self._db) as tx:
            total = await chain.count_lines(tx)
        account_id, version, done = 0, 0, 0
        while True:
            async with chain.unhurried(self._db) as tx:
                rows = await chain.replay_lines(tx, account_id, version, LINES_AT_ONCE)
            found += [f"line account {row[0]}, version {row[1]}: {row.what}" for row in rows if row.what]
            if not rows or len(found) >= ENOUGH:
                return found[:ENOUGH]
            last = next(row for row in rows if row.what is None)
            account_id, version, done = last.account_id, last.version, done + last.lines
            tell(f"lines {done:,} of {total:,}")

    async def _walk(self, first: int, tell: Tell) -> tuple[int, int]:
        """Make every block again; how many, with how many entries."""
        async with chain.unhurried(self._db) as tx:
            head = await chain.head(tx)
            before = START if first == 1 else (await chain.hashes(tx, [first - 1])).get(first - 1)
        last = head.number if head else 0
        if before is None:
            raise BookBroken(f"Block {first - 1} is missing.")
        entries = 0
        for start in range(first, last + 1, BLOCKS_AT_ONCE):
            end = min(start + BLOCKS_AT_ONCE - 1, last)
            async with chain.unhurried(self._db) as tx:
                found = {one.number: one for one in await chain.blocks_again(tx, start, end)}
            for number in range(start, end + 1):
                before = await self._follows(number, before, found.get(number))
                entries += found[number].entries
            tell(f"block {end:,} of {last:,}")
        return max(last - first + 1, 0), entries

    async def _follows(self, number: int, before: bytes, found: Again | None) -> bytes:
        if found is None:
            raise BookBroken(f"Block {number} is missing.")
        if found.previous != before:
            raise BookBroken(f"Block {number} does not follow block {number - 1}: one of them was changed.")
        if found.again != found.hash:
            async with chain.unhurried(self._db) as tx:
                broken = await chain.first_broken(tx, number)
            if broken.relation == "block":
                raise BookBroken(f"Block {number} itself was changed: its rows are as it has marked them.")
            raise BookBroken(_sentence(broken, number))
        return found.hash

    async def _checkpoints(self, kept: Sequence[Checkpoint], tell: Tell) -> int:
        """Compare every signed head with the chain; how many."""
        await self._compare(sorted(kept, key=lambda one: one.number), "kept outside", 0)
        count, after = 0, 0
        while True:
            async with chain.unhurried(self._db) as tx:
                found = await chain.checkpoints_after(tx, after, CHECKPOINTS_AT_ONCE)
            if not found:
                return count
            await self._compare(found, "", after)
            count, after = count + len(found), found[-1].number
            tell(f"{count:,} checkpoints hold")

    async def _compare(self, some: Sequence[Checkpoint], which: str, good: int) -> None:
        async with chain.unhurried(self._db) as tx:
            there = await chain.hashes(tx, [one.number for one in some])
        for one in some:
            name = f"checkpoint {one.number} {which}".rstrip()
            if self._signer.public_key(one.key_id) is None:
                raise BookBroken(f"The {name} was signed with {one.key_id}, which is none of our keys.")
            if not self._signer.has_signed(one.key_id, one.message, one.signature):
                raise BookBroken(
                    f"The {name} was changed, or is not ours: its signature is of something else."
                )
            if one.number not in there:
                raise BookBroken(f"Block {one.number} is missing: the {name} has its hash.")
            if there[one.number] != one.hash:
                raise BookBroken(
                    f"Block {one.number} is not the one that the {name} has signed: something in the blocks "
                    f"{good + 1} to {one.number} was changed, and they were made again."
                )
            good = one.number


def _sentence(broken: Broken, block: int | None = None) -> str:
    what = f"The {broken.relation} ({broken.key})"
    if broken.how == "missing":
        return f"{what} is missing{f': block {block} has sealed it' if block else ''}."
    if broken.how == "changed":
        why = f": {broken.detail}" if broken.detail else ""
        return f"{what} was changed after block {block} had sealed it{why}."
    return f"{what} {broken.how}."


def _more(count: int) -> str:
    return "" if not count else " And many more." if count >= ENOUGH - 1 else f" And {count:,} more."
