"""The migrations make exactly what the tables say, and take over what the settings said."""

from decimal import Decimal

import asyncpg
import pytest

from capitalino.kit import migrations
from capitalino.services.payments.tables import schema
from tests.support.database import FreshDatabase

ANEW = """
drop schema payments cascade;
create schema payments authorization payments_owner"""
SETTINGS = {"CAPITALINO_PAYMENTS_SPREAD": "0.0035", "CAPITALINO_PAYMENTS_FEE": "0"}


async def test_the_migrations_leave_nothing_to_draft(fresh_database: FreshDatabase) -> None:
    await migrations.check(fresh_database.url("payments_owner"), schema)


@pytest.mark.parametrize(
    ("settings", "expected"), [({}, ("0.002", "0.001")), (SETTINGS, ("0.0035", "0"))], ids=["unset", "set"]
)
async def test_the_price_list_begins_with_what_the_settings_said(
    fresh_database: FreshDatabase,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    expected: tuple[str, str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    connection = await asyncpg.connect(fresh_database.url())
    try:
        await connection.execute(ANEW)
        await migrations.upgrade(fresh_database.url("payments_owner"), schema)
        rows = await connection.fetch("select base, quote, spread, fee from payments.terms")
    finally:
        await connection.close()
    spread, fee = map(Decimal, expected)
    assert [tuple(row) for row in rows] == [("*", "*", spread, fee)]
