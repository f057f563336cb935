"""Keep how far a venue's deposits were heard, under which ids the books are asked, and every state."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = "state in ('pending', 'unknown', 'in_review', 'settled', 'refused')"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "watermark",
        sa.Column("venue", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("venue", name=op.f("pk_watermark")),
        schema="payments",
    )
    for table in ("conversion", "deposit"):
        number = sa.Column("entry_number", sa.Integer(), server_default="1", nullable=False)
        op.add_column(table, number, schema="payments")
    op.add_column("conversion_step", sa.Column("state", sa.String(), nullable=True), schema="payments")
    # Dust is kept as a refused deposit of nothing.
    op.drop_constraint(op.f("ck_deposit_units"), "deposit", schema="payments")
    op.create_check_constraint(op.f("ck_deposit_units"), "deposit", "units >= 0", schema="payments")
    # The first migration left these out: autogenerate does not see the checks of columns.
    checks = (
        ("conversion", "state", STATES),
        ("deposit", "state", STATES),
        ("attempt", "state", "state in ('sent', 'filled', 'never', 'late')"),
        ("quote", "side", "side in ('buy', 'sell')"),
    )
    for table, name, rule in checks:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule, schema="payments")
