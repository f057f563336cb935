"""Alembic's entry point, shared by every service: which schema to migrate comes from `kit.migrations`."""

from typing import Any

from alembic import context

from capitalino.kit.db import Schema

schema: Schema = context.config.attributes["schema"]
connection = context.config.attributes["connection"]


def ours(name: str | None, kind: str, parents: Any) -> bool:
    """Look at this service's own tables only: neither other schemas nor the kit's tables."""
    if kind == "schema":
        return name == schema.name
    if kind == "table" and parents.get("schema_name") == schema.name:
        return f"{schema.name}.{name}" in schema.metadata.tables
    return True


context.configure(
    connection=connection,
    target_metadata=schema.metadata,
    version_table_schema=schema.name,
    include_schemas=True,
    include_name=ours,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
