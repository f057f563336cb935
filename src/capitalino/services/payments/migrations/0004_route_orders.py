"""Keep why an order went to its venue, what is left for another part, and how a conversion is settled."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SETTLEMENTS = "settlement in ('back_to_back', 'inventory')"


def upgrade() -> None:
    """Forward only."""
    settlement = sa.Column("settlement", sa.String(), server_default="back_to_back", nullable=False)
    op.add_column("conversion", settlement, schema="payments")
    op.create_check_constraint(op.f("ck_conversion_settlement"), "conversion", SETTLEMENTS, schema="payments")
    for name in ("wanted_units", "left_units"):
        units = sa.Column(name, sa.Numeric(precision=38, scale=0), server_default="0", nullable=False)
        op.add_column("attempt", units, schema="payments")
    op.add_column("attempt", sa.Column("routing", postgresql.JSONB(), nullable=True), schema="payments")
    op.create_index("ix_attempt_venue_sent", "attempt", ["venue", "sent_at"], schema="payments")
