"""The schema, and the kinds of column that its tables share."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Uuid

from capitalino.kit.db import Schema

schema = Schema("auth")
meta = schema.metadata


def at(name: str, *, nullable: bool = False) -> Column[Any]:
    """An instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def each_at(*names: str) -> list[Column[Any]]:
    """Instants."""
    return [at(name) for name in names]


def one_of(column: str, values: Any) -> CheckConstraint:
    """It holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)


def of_login(*, key: bool = False) -> Column[Any]:
    """Whose it is. It goes with the login."""
    login_id = ForeignKey("auth.login.user_id", ondelete="CASCADE")
    return Column("user_id", Uuid, login_id, primary_key=key, nullable=False)
