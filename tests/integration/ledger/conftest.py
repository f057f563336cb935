"""Ledgers on a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from capitalino.kit.db import Database
from capitalino.services.ledger.tables import schema
from tests.integration.ledger.callers import Caller, open_desk
from tests.integration.ledger.maker import ALICE, BOB, SHOP, WORLD, Books, open_books
from tests.support.database import FreshDatabase


@pytest.fixture
async def db(fresh_database: FreshDatabase) -> Database:
    """The ledger's database, with the rights of the serving role."""
    return await fresh_database.open(schema)


@pytest.fixture
async def books(db: Database, fresh_database: FreshDatabase) -> AsyncIterator[Books]:
    """A ledger with the world, two investors and a shop."""
    async with open_books(fresh_database, db) as made:
        await made.open(WORLD, ALICE, BOB, SHOP)
        yield made


@pytest.fixture
async def twin(books: Books, fresh_database: FreshDatabase) -> AsyncIterator[Books]:
    """A second process on the same books."""
    async with open_books(fresh_database, books.db) as made:
        yield made


@pytest.fixture
async def desk(books: Books) -> AsyncIterator[Caller]:
    """The routes over the books, and people who call them; the investor has an account for cash."""
    async with open_desk(books) as made:
        await books.open(made.own)
        yield made
