"""Logins, sessions and keys. Addresses are sealed and found by a keyed hash; secrets hashed, or sealed."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from capitalino.services.auth.domain.delays import Factor
from capitalino.services.auth.domain.logins import Role, Standing
from capitalino.services.auth.domain.mails import MailKind
from capitalino.services.auth.domain.sessions import Purpose, Reason
from capitalino.services.auth.tables.columns import at, each_at, meta, of_login, one_of

login = Table(
    "login",
    meta,
    Column("user_id", Uuid, primary_key=True),
    Column("investor_id", Uuid, nullable=False, unique=True),
    Column("email_index", LargeBinary, nullable=False, unique=True),
    Column("email_sealed", LargeBinary, nullable=False),
    Column("language", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("standing", String, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    at("epoch_at", nullable=True),
    at("created_at"),
    at("investor_opened_at", nullable=True),
    at("investor_try_at"),
    one_of("standing", Standing),
    Index("ix_login_investor_try_at", "investor_try_at", postgresql_where=text("investor_opened_at is null")),
    Index("ix_login_epoch_at", "epoch_at"),
)
role = Table(
    "role",
    meta,
    of_login(key=True),
    Column("role", String, primary_key=True),
    at("given_at"),
    Column("given_by", String, nullable=False),
    at("ends_at", nullable=True),
    one_of("role", Role),
    Index("ix_role_ends_at", "ends_at", postgresql_where=text("ends_at is not null")),
)
registration = Table(
    "registration",
    meta,
    Column("registration_id", Uuid, primary_key=True),
    Column("email_index", LargeBinary, nullable=False),
    Column("email_sealed", LargeBinary, nullable=False),
    Column("language", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("state", String, nullable=False),
    *each_at("created_at", "expires_at"),
    one_of("state", ("open", "void", "confirmed")),
    Index("ix_registration_email_index", "email_index", "created_at"),
    Index("ix_registration_expires_at", "expires_at"),
)
mail = Table(
    "mail",
    meta,
    Column("mail_id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("language", String, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    *each_at("next_try_at", "created_at"),
    at("closed_at", nullable=True),
    one_of("kind", MailKind),
    one_of("state", ("pending", "sent", "given_up")),
    CheckConstraint("(sealed is null) = (state <> 'pending')", name="erased"),
    Index("ix_mail_next_try_at", "next_try_at", postgresql_where=text("state = 'pending'")),
)
device = Table(
    "device",
    meta,
    Column("device_id", Uuid, primary_key=True),
    of_login(),
    Column("secret_hash", LargeBinary, nullable=False),
    *each_at("first_seen_at", "last_seen_at"),
    UniqueConstraint("user_id", "secret_hash"),
)
challenge = Table(
    "challenge",
    meta,
    Column("challenge_id", Uuid, primary_key=True),
    of_login(),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    *each_at("created_at", "expires_at"),
    at("used_at", nullable=True),
    Index("ix_challenge_user_id", "user_id"),
    Index("ix_challenge_expires_at", "expires_at"),
)
totp = Table(
    "totp",
    meta,
    of_login(key=True),
    Column("state", String, primary_key=True),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False, server_default=text("0")),
    at("created_at"),
    at("confirmed_at", nullable=True),
    one_of("state", ("pending", "confirmed")),
)
recovery_code = Table(
    "recovery_code",
    meta,
    of_login(key=True),
    Column("code_hash", LargeBinary, primary_key=True),
    at("created_at"),
    at("used_at", nullable=True),
)
session = Table(
    "session",
    meta,
    Column("session_id", Uuid, primary_key=True),
    of_login(),
    Column("device_id", Uuid, ForeignKey("auth.device.device_id", ondelete="SET NULL")),
    Column("purpose", String, nullable=False),
    Column("origin_sealed", LargeBinary),
    *each_at("opened_at", "used_at", "expires_at"),
    at("factor_at", nullable=True),
    Column("amr", String, nullable=False, server_default=text("'pwd'")),
    at("closed_at", nullable=True),
    Column("close_reason", String),
    one_of("purpose", Purpose),
    one_of("close_reason", Reason),
    CheckConstraint("(closed_at is null) = (close_reason is null)", name="closed"),
    Index("ix_session_user_id", "user_id"),
    Index("ix_session_device_id", "device_id"),
    Index("ix_session_open", "used_at", postgresql_where=text("closed_at is null")),
    Index("ix_session_closed_at", "closed_at"),
)
refresh = Table(
    "refresh",
    meta,
    Column("session_id", Uuid, ForeignKey("auth.session.session_id", ondelete="CASCADE"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("salt", LargeBinary, nullable=False),
    at("made_at"),
    at("replaced_at", nullable=True),
)
throttle = Table(
    "throttle",
    meta,
    Column("factor", String, primary_key=True),
    Column("subject", LargeBinary, primary_key=True),
    Column("origin", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    *each_at("failed_at", "blocked_until"),
    one_of("factor", Factor),
    Index("ix_throttle_failed_at", "failed_at"),
)
signing_key = Table(
    "signing_key",
    meta,
    Column("kid", String, primary_key=True),
    Column("public_jwk", JSONB, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    *each_at("made_at", "signs_from", "signs_until"),
    at("withdrawn_at", nullable=True),
)
