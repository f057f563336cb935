"""What was stored before a migration is there after it."""

from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
from alembic import command
from sqlalchemy import Connection, NullPool, text

from capitalino.kit import migrations
from capitalino.kit.db import open_engine
from capitalino.services.market.tables import schema
from tests.support.database import FreshDatabase

ANEW = "drop schema market cascade; create schema market authorization market_owner"
BEFORE = """
insert into market.candle (instrument, interval, at, open, high, low, close, volume, source, version) values
    ('BTC/EUR', '1d', '2026-03-19T00:00Z', 1, 3, 0.5, 2, 4.25, 'binance', 7),
    ('BTC/EUR', '1m', '2026-03-19T12:00Z', 2, 2, 2, 2, 0, 'ticks', 1)"""


def _to_the_second(connection: Connection) -> None:
    connection.execute(text("set local search_path to market"))
    command.upgrade(migrations.config(schema, connection), "0002")


async def test_candles_survive_their_partitions_and_three_venues_are_listed(
    fresh_database: FreshDatabase,
) -> None:
    connection = await asyncpg.connect(fresh_database.url())
    engine = open_engine(fresh_database.url("market_owner"), poolclass=NullPool)
    try:
        await connection.execute(ANEW)
        async with engine.begin() as conn:
            await conn.run_sync(_to_the_second)
        await connection.execute(BEFORE)
        await migrations.upgrade(fresh_database.url("market_owner"), schema)
        rows = await connection.fetch("select tableoid::regclass::text, c.* from market.candle c order by at")
        listed = await connection.fetch(
            "select venue, count(*) from market.listing group by venue order by venue"
        )
    finally:
        await engine.dispose()
        await connection.close()
    day = datetime(2026, 3, 19, tzinfo=UTC)
    assert [row["tableoid"] for row in rows] == ["market.candle_1d", "market.candle_1m"]
    assert tuple(rows[0])[1:] == (
        *("BTC/EUR", "1d", day),
        *map(Decimal, ("1", "3", "0.5", "2", "4.25")),
        *("binance", 7),
    )
    assert [tuple(row) for row in listed] == [("binance", 3), ("coinbase", 3), ("kraken", 3), ("okx", 3)]
