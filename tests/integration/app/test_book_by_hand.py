"""`capitalino ledger …` as an operator runs it, against a database."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from capitalino.services.ledger.adapters.signer import signer_of
from capitalino.services.ledger.settings import LedgerSettings
from capitalino.services.ledger.tables import schema
from tests.integration.ledger.maker import ALICE, BOB, SHOP, WORLD, Books, open_books
from tests.integration.ledger.past import chain_of, hashes, seal_all, some_of_everything
from tests.integration.ledger.vandal import Vandal
from tests.support.database import FreshDatabase

KEYS = "k7:" + "A" * 43 + "="


@pytest.fixture
async def books(fresh_database: FreshDatabase) -> AsyncIterator[Books]:
    """A book with some of everything, sealed in small blocks and signed."""
    async with open_books(fresh_database, await fresh_database.open(schema)) as made:
        await made.open(WORLD, ALICE, BOB, SHOP)
        await some_of_everything(made)
        await seal_all(made.db, size=6)
        await chain_of(made, signer_of(LedgerSettings(checkpoint_keys=KEYS), "production")).sign()  # type: ignore[arg-type]
        yield made


@dataclass
class Said:
    """What a command has answered."""

    code: int
    out: str
    err: str


@dataclass
class Capitalino:
    """The command, told where the database is."""

    url: str
    folder: Path

    async def __call__(self, *arguments: str, **environment: str) -> Said:
        """Run `capitalino ledger` to its end."""
        told = {"CAPITALINO_LEDGER_DATABASE_URL": self.url, "CAPITALINO_LEDGER_CHECKPOINT_KEYS": KEYS}
        made = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "capitalino.app.cli", "ledger", *arguments, "--var", str(self.folder)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **told, **environment},
        )
        out, err = await made.communicate()
        assert made.returncode is not None
        return Said(made.returncode, out.decode(), err.decode())


@pytest.fixture
def ledger(fresh_database: FreshDatabase, tmp_path: Path) -> Capitalino:
    """`await ledger("verify")`."""
    return Capitalino(fresh_database.url("ledger_app"), tmp_path)


async def test_a_book_as_it_was_written_is_proved(books: Books, ledger: Capitalino) -> None:
    blocks = len(await hashes(books))
    said = await ledger("verify")
    assert said.code == 0, said
    told = re.fullmatch(
        r"The chain holds: blocks (\d+), entries (\d+), checkpoints 1; waiting to be sealed 0\. "
        r"The books agree\.\n",
        said.out,
    )
    assert told
    assert int(told[1]) == blocks
    assert blocks * 6 >= int(told[2]), "what others hold up for a moment makes more blocks, never longer ones"
    assert said.err.startswith(f"… block {blocks} of {blocks}")
    said = await ledger("verify", "--from-block", str(blocks))
    assert said.out.startswith(f"From block {blocks} on the chain holds: blocks 1, "), said
    said = await ledger("replay")
    assert (said.code, said.out) == (0, "The balances are what the entries make them.\n"), said


async def test_a_broken_book_is_one_sentence_and_exit_code_one(
    books: Books, ledger: Capitalino, fresh_database: FreshDatabase
) -> None:
    async with Vandal.at(fresh_database.url()) as vandal:
        async with vandal.edited("update ledger.line set posted = posted + 1 where units = -50"):
            said = await ledger("verify")
            assert (said.code, said.out.count("\n")) == (1, 1)
            assert said.out.startswith(
                "The book is broken. The line (account 2, version 2) was changed after block 1"
            )
        async with vandal.edited("update ledger.account set version = version + 1, credits_posted = 0"):
            said = await ledger("replay")
            assert said.code == 1
            assert said.out.splitlines()[-1] == "The balances are not what the entries make them."
        async with vandal.edited("update ledger.line set posted = posted + 1"):
            assert "\n… and " in (await ledger("replay")).out


async def test_checkpoints_are_printed_and_verify_takes_them_back(
    books: Books, ledger: Capitalino, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    first = len(await hashes(books))
    for _ in range(2):
        await books.give(ALICE, 5)
        await seal_all(books.db)
        await chain_of(books, signer_of(LedgerSettings(checkpoint_keys=KEYS), "production")).sign()  # type: ignore[arg-type]
    said = await ledger("checkpoints")
    shown = [json.loads(line) for line in said.out.splitlines()]
    assert [one["number"] for one in shown] == [first, first + 1, first + 2]
    assert {one["key_id"] for one in shown} == {"k7"}
    assert len(bytes.fromhex(shown[0]["public_key"])) == 32
    assert [
        json.loads(line) for line in (await ledger("checkpoints", "--after", str(first))).out.splitlines()
    ] == shown[1:]
    kept = tmp_path / "kept"
    kept.write_text(said.out)
    said = await ledger("verify", "--kept", str(kept))
    assert said.code == 0, said
    async with Vandal.at(fresh_database.url()) as vandal:
        later = f"where number > {first}"
        async with vandal.edited(f"delete from ledger.block {later}; delete from ledger.checkpoint {later}"):
            said = await ledger("verify", "--kept", str(kept))
            broken = f"Block {first + 1} is missing: the checkpoint {first + 1} kept outside has its hash."
            assert (said.code, said.out) == (1, f"The book is broken. {broken}\n")
    kept.write_text('{"number": 1}')
    said = await ledger("verify", "--kept", str(kept))
    assert said.code == 2
    assert "is not what `capitalino ledger checkpoints` prints" in said.err


async def test_a_book_that_cannot_be_read_is_neither_proved_nor_broken(ledger: Capitalino) -> None:
    said = await ledger("verify", CAPITALINO_LEDGER_DATABASE_URL="postgresql://127.0.0.1:1/nothing")
    assert (said.code, said.out) == (2, "")
    assert said.err == "capitalino: the book cannot be read: The database is not available.\n"
