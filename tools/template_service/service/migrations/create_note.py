"""Create note."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "note",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("investor_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_note_text")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_note")),
        schema="example",
    )
    op.create_index(
        "ix_note_investor_id_note_id", "note", ["investor_id", "note_id"], unique=False, schema="example"
    )
