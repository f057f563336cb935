"""The migrations make exactly what the tables say, here and in users."""

import pytest

from capitalino.kit import migrations
from capitalino.kit.db import Schema
from capitalino.services.auth.tables import schema as auth
from capitalino.services.users.tables import schema as users
from tests.support.database import FreshDatabase


@pytest.mark.parametrize("schema", [auth, users], ids=lambda schema: schema.name)
async def test_the_migrations_leave_nothing_to_draft(fresh_database: FreshDatabase, schema: Schema) -> None:
    await migrations.check(fresh_database.url(f"{schema.name}_owner"), schema)
