"""Roles that end by themselves, mails about emergency access, signing keys that are withdrawn."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MAILS = (
    "kind in ('confirm_email', 'already_registered', 'reset_password', 'password_changed', 'new_device',"
    " 'factor_replaced', 'recovery_code_used', 'recovery_codes_made', 'passkey_added', 'passkey_copied',"
    " 'api_key_made', 'emergency_access')"
)


def upgrade() -> None:
    """Forward only."""
    op.drop_constraint(op.f("ck_mail_kind"), "mail", schema="auth", type_="check")
    op.create_check_constraint(op.f("ck_mail_kind"), "mail", MAILS, schema="auth")
    op.add_column("role", sa.Column("ends_at", sa.DateTime(timezone=True)), schema="auth")
    op.create_index(
        "ix_role_ends_at",
        "role",
        ["ends_at"],
        schema="auth",
        postgresql_where=sa.text("ends_at is not null"),
    )
    op.add_column("signing_key", sa.Column("withdrawn_at", sa.DateTime(timezone=True)), schema="auth")
