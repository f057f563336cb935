"""The migrations make exactly what the tables say."""

from capitalino.kit import migrations
from capitalino.services.payments.tables import schema
from tests.support.database import FreshDatabase


async def test_the_migrations_leave_nothing_to_draft(fresh_database: FreshDatabase) -> None:
    await migrations.check(fresh_database.url("payments_owner"), schema)
