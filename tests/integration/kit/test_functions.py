"""Functions follow the code: a changed one takes the place of the old, and a stale one is seen."""

import asyncpg

from capitalino.kit import migrations
from capitalino.services.ledger.tables import schema as ledger
from tests.support.database import FreshDatabase

STALE = """
create or replace function ledger.barred(state smallint, takes boolean, gives boolean) returns boolean
language sql return false"""
FROZEN = "select ledger.barred(3::smallint, true, true)"


async def test_a_stale_function_is_replaced_and_told_apart_before(fresh_database: FreshDatabase) -> None:
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    await owner.execute(STALE)
    await owner.execute("update ledger.function_version set digest = '+other'")
    db = await fresh_database.open(ledger)
    assert await migrations.current(db.engine, ledger) != migrations.head(ledger), "it would not be served"
    await migrations.upgrade(fresh_database.url("ledger_owner"), ledger)
    assert await migrations.current(db.engine, ledger) == migrations.head(ledger)
    assert await owner.fetchval(FROZEN) is True
    await owner.close()


async def test_functions_that_are_the_same_are_left_alone(fresh_database: FreshDatabase) -> None:
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    await owner.execute(STALE)
    await migrations.upgrade(fresh_database.url("ledger_owner"), ledger)
    assert await owner.fetchval(FROZEN) is False, "nothing was run"
    await owner.close()
