"""What a login keeps beside its password: resets under way, passkeys, API keys, and what it did with them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Table,
    Uuid,
    text,
)

from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.passkeys import Aim
from capitalino.services.auth.tables.columns import at, each_at, meta, of_login, one_of

password_reset = Table(
    "password_reset",
    meta,
    Column("reset_id", Uuid, primary_key=True),
    Column("email_index", LargeBinary, nullable=False),
    Column("user_id", Uuid, ForeignKey("auth.login.user_id", ondelete="CASCADE")),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("state", String, nullable=False),
    *each_at("created_at", "expires_at"),
    one_of("state", ("open", "void", "used")),
    CheckConstraint("user_id is not null or state = 'void'", name="whose"),
    Index("ix_password_reset_email_index", "email_index", "created_at"),
    Index("ix_password_reset_user_id", "user_id"),
    Index("ix_password_reset_expires_at", "expires_at"),
)
activity = Table(
    "activity",
    meta,
    Column("activity_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
    of_login(),
    at("noted_at"),
    Column("act", String, nullable=False),
    Column("origin_sealed", LargeBinary, nullable=False),
    Column("subject", String),
    one_of("act", Act),
    Index("ix_activity_user_id", "user_id", "position"),
)
passkey = Table(
    "passkey",
    meta,
    Column("passkey_id", Uuid, primary_key=True),
    of_login(),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String, nullable=False),
    Column("is_synced", Boolean, nullable=False),
    at("made_at"),
    at("used_at", nullable=True),
    Index("ix_passkey_user_id", "user_id"),
)
ceremony = Table(
    "ceremony",
    meta,
    Column("ceremony_id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("auth.login.user_id", ondelete="CASCADE")),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("aim", String, nullable=False),
    Column("bound_to", Uuid),
    Column("challenge", LargeBinary, nullable=False),
    *each_at("created_at", "expires_at"),
    at("used_at", nullable=True),
    one_of("aim", Aim),
    CheckConstraint("(bound_to is null) = (aim = 'sign_in')", name="bound"),
    Index("ix_ceremony_user_id", "user_id"),
    Index("ix_ceremony_expires_at", "expires_at"),
)
api_key = Table(
    "api_key",
    meta,
    Column("key_id", Uuid, primary_key=True),
    of_login(),
    Column("name", String, nullable=False),
    Column("public_key", LargeBinary, nullable=False, unique=True),
    Column("scopes", String, nullable=False),
    Column("networks", String, nullable=False),
    *each_at("made_at", "expires_at"),
    at("revoked_at", nullable=True),
    at("passed_at", nullable=True),
    at("used_at", nullable=True),
    Column("used_from_sealed", LargeBinary),
    Index("ix_api_key_user_id", "user_id"),
    Index("ix_api_key_revoked_at", "revoked_at"),
    Index("ix_api_key_live", "passed_at", postgresql_where=text("revoked_at is null")),
)
