"""Add the price list, filled from the settings that it replaces, the switches, and how a quote came about."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from pydantic import Field
from pydantic_settings import SettingsConfigDict
from sqlalchemy.dialects import postgresql

from capitalino.kit.settings import Settings, load

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST = UUID("5b0c54c6-0f3f-5b0e-9f5e-0d6d7a3f9d12")


class Before(Settings):
    """The settings that the price list replaces, as they were read until now."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_PAYMENTS_")

    spread: Decimal = Field(Decimal("0.002"), ge=0, lt=1)
    fee: Decimal = Field(Decimal("0.001"), ge=0, lt=1)


def upgrade() -> None:
    """Forward only."""
    op.add_column("quote", sa.Column("evaluation", postgresql.JSONB(), nullable=True), schema="payments")
    op.create_table(
        "terms",
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("spread", sa.Numeric(precision=9, scale=8), nullable=False),
        sa.Column("fee", sa.Numeric(precision=9, scale=8), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(base = '*') = (quote = '*')", name=op.f("ck_terms_pair")),
        sa.CheckConstraint(
            "spread >= 0 and spread < 1 and fee >= 0 and fee < 1", name=op.f("ck_terms_parts")
        ),
        sa.CheckConstraint(
            "num_nonnulls(approval_id, asked_by, approved_by) in (0, 3)", name=op.f("ck_terms_approved")
        ),
        sa.CheckConstraint("asked_by <> approved_by", name=op.f("ck_terms_four_eyes")),
        sa.CheckConstraint("approval_id is null or valid_from >= created_at", name=op.f("ck_terms_not_past")),
        sa.PrimaryKeyConstraint("terms_id", name=op.f("pk_terms")),
        sa.UniqueConstraint("position", name=op.f("uq_terms_position")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_terms_approval_id")),
        schema="payments",
    )
    op.create_index("ix_terms_pair", "terms", ["base", "quote", "valid_from"], schema="payments")
    op.create_table(
        "closure",
        sa.Column("closure_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("asset", sa.String(), nullable=False),
        sa.Column("venue", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("opening_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("flow in ('*', 'conversion', 'crypto_deposit')", name=op.f("ck_closure_flow")),
        sa.CheckConstraint(
            "num_nonnulls(opening_id, asked_by, approved_by, opened_at) in (0, 4)",
            name=op.f("ck_closure_opened"),
        ),
        sa.CheckConstraint("asked_by <> approved_by", name=op.f("ck_closure_four_eyes")),
        sa.PrimaryKeyConstraint("closure_id", name=op.f("pk_closure")),
        sa.UniqueConstraint("position", name=op.f("uq_closure_position")),
        sa.UniqueConstraint("opening_id", name=op.f("uq_closure_opening_id")),
        schema="payments",
    )
    op.create_index(
        "uq_closure_scope",
        "closure",
        ["flow", "asset", "venue"],
        unique=True,
        schema="payments",
        postgresql_where=sa.text("opened_at IS NULL"),
    )
    for table in ("conversion", "deposit"):
        waits = sa.text("state IN ('unknown', 'in_review')")
        op.create_index(f"ix_{table}_queue", table, ["position"], schema="payments", postgresql_where=waits)
    _fill()


def _fill() -> None:
    """The default row: what was taken until now. The trigger that wants an approval comes after it."""
    before = load(Before)
    values = {"terms_id": FIRST, "spread": before.spread, "fee": before.fee}
    op.get_bind().execute(
        sa.text(
            "insert into payments.terms (terms_id, base, quote, spread, fee, valid_from)"
            " values (:terms_id, '*', '*', :spread, :fee, timestamptz '1970-01-01 00:00:00+00')"
        ),
        values,
    )
