"""Deepen identity: what sessions proved and when, password resets, passkeys, API keys, and the activity."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MAILS = (
    "kind in ('confirm_email', 'already_registered', 'reset_password', 'password_changed', 'new_device',"
    " 'factor_replaced', 'recovery_code_used', 'recovery_codes_made', 'passkey_added', 'passkey_copied',"
    " 'api_key_made')"
)
REASONS = (
    "close_reason in ('signed_out', 'revoked', 'stolen', 'expired', 'barred', 'crowded_out', 'factor_set',"
    " 'password_changed')"
)
ACTS = (
    "act in ('signed_in', 'new_device', 'stepped_up', 'session_ended', 'sessions_ended', 'session_stolen',"
    " 'password_changed', 'password_reset', 'factor_set', 'factor_replaced', 'recovery_codes_made',"
    " 'recovery_code_used', 'passkey_added', 'passkey_removed', 'passkey_copied', 'api_key_made',"
    " 'api_key_revoked')"
)


def upgrade() -> None:
    """Forward only."""
    _widen("mail", "ck_mail_kind", MAILS)
    _widen("session", "ck_session_close_reason", REASONS)
    op.add_column("session", _at("factor_at", nullable=True), schema="auth")
    amr = sa.Column("amr", sa.String(), server_default=sa.text("'pwd'"), nullable=False)
    op.add_column("session", amr, schema="auth")
    # A session with full rights was opened with a second factor, a code of one kind or the other.
    op.execute("update auth.session set factor_at = opened_at, amr = 'pwd otp' where purpose = 'access'")
    _create_password_reset()
    _create_activity()
    _create_passkey()
    _create_ceremony()
    _create_api_key()


def _create_password_reset() -> None:
    op.create_table(
        "password_reset",
        sa.Column("reset_id", sa.Uuid(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        _at("created_at"),
        _at("expires_at"),
        sa.CheckConstraint("state in ('open', 'void', 'used')", name=op.f("ck_password_reset_state")),
        sa.CheckConstraint("user_id is not null or state = 'void'", name=op.f("ck_password_reset_whose")),
        _of_login("password_reset"),
        sa.PrimaryKeyConstraint("reset_id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
        schema="auth",
    )
    _index("password_reset", "email_index", "created_at")
    _index("password_reset", "user_id")
    _index("password_reset", "expires_at")


def _create_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _at("noted_at"),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("origin_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.CheckConstraint(ACTS, name=op.f("ck_activity_act")),
        _of_login("activity"),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activity")),
        sa.UniqueConstraint("position", name=op.f("uq_activity_position")),
        schema="auth",
    )
    _index("activity", "user_id", "position")


def _create_passkey() -> None:
    op.create_table(
        "passkey",
        sa.Column("passkey_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        _at("made_at"),
        _at("used_at", nullable=True),
        _of_login("passkey"),
        sa.PrimaryKeyConstraint("passkey_id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
        schema="auth",
    )
    _index("passkey", "user_id")


def _create_ceremony() -> None:
    op.create_table(
        "ceremony",
        sa.Column("ceremony_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("aim", sa.String(), nullable=False),
        sa.Column("bound_to", sa.Uuid(), nullable=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        _at("created_at"),
        _at("expires_at"),
        _at("used_at", nullable=True),
        sa.CheckConstraint(
            "aim in ('register', 'sign_in', 'second_factor', 'step_up')", name=op.f("ck_ceremony_aim")
        ),
        sa.CheckConstraint("(bound_to is null) = (aim = 'sign_in')", name=op.f("ck_ceremony_bound")),
        _of_login("ceremony"),
        sa.PrimaryKeyConstraint("ceremony_id", name=op.f("pk_ceremony")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_ceremony_secret_hash")),
        schema="auth",
    )
    _index("ceremony", "user_id")
    _index("ceremony", "expires_at")


def _create_api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("networks", sa.String(), nullable=False),
        _at("made_at"),
        _at("expires_at"),
        _at("revoked_at", nullable=True),
        _at("passed_at", nullable=True),
        _at("used_at", nullable=True),
        sa.Column("used_from_sealed", sa.LargeBinary(), nullable=True),
        _of_login("api_key"),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("public_key", name=op.f("uq_api_key_public_key")),
        schema="auth",
    )
    _index("api_key", "user_id")
    _index("api_key", "revoked_at")
    live = sa.text("revoked_at is null")
    op.create_index("ix_api_key_live", "api_key", ["passed_at"], schema="auth", postgresql_where=live)


def _widen(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(name), table, schema="auth", type_="check")
    op.create_check_constraint(op.f(name), table, condition, schema="auth")


def _at(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_login(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id")
    return sa.ForeignKeyConstraint(["user_id"], ["auth.login.user_id"], name=name, ondelete="CASCADE")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{columns[0]}", table, list(columns), unique=False, schema="auth")
