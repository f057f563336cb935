"""Settings: typed, read once from the environment or a folder of secrets, and then handed down."""

import os
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound="Settings")
SECRETS_DIR = "CAPITALINO_SECRETS_DIR"
ENV_FILE = "CAPITALINO_ENV_FILE"


class Settings(BaseSettings):
    """The base of every settings class. Each field has a sentence as its description."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file_encoding="utf-8")


class Shared(Settings):
    """What every process needs to know."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_")

    mode: Literal["development", "production"] = Field(
        "development", description="`production` refuses unsafe settings and shows no stack traces."
    )
    public_url: str = Field("http://localhost:8000", description="Where people open the app.")
    jwks_url: str = Field(
        "http://localhost:8000/api/v1/jwks", description="Where the public keys of access tokens are read."
    )
    smtp_url: SecretStr = Field(
        SecretStr("smtp://127.0.0.1:1025"),
        description="The mail server: smtp://[user:password@]host:port, or smtps://.",
    )
    mail_from: str = Field("Capitalino <no-reply@localhost>", description="The sender of our mails.")
    venues_url: str | None = Field(
        None,
        description="A sandbox that speaks for every exchange, each below its name; unset: the real ones.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_format: Literal["json", "console"] = Field(
        "json", description="ECS JSON for machines, console for people."
    )


class ServiceSettings(Settings):
    """What every service has for itself: its own role, user and keys in the servers that all share."""

    database_url: SecretStr = Field(
        SecretStr("postgresql://127.0.0.1:5432/capitalino"),
        description="PostgreSQL, as the role that serves.",
    )
    replica_url: SecretStr | None = Field(None, description="A read replica, for reads that allow one.")
    owner_database_url: SecretStr | None = Field(
        None, description="PostgreSQL, as the role that owns the schema; only migrations use it."
    )
    nats_url: SecretStr = Field(
        SecretStr("nats://127.0.0.1:4222"), description="NATS, as this service's user."
    )
    valkey_url: SecretStr = Field(
        SecretStr("valkey://127.0.0.1:6379"), description="Valkey, as this service's user."
    )
    pool_size: int = Field(8, ge=1, le=100, description="Database connections of one process.")
    audit_keys: SecretStr | None = Field(
        None,
        description="Sign the audit log's end (Ed25519): `id:base64` of 32 bytes each, the present one first,"
        " commas between them. One without an id is called `k1`. Older ones verify what they have signed.",
        json_schema_extra={"generated_bytes": 32},
    )


def load(cls: type[S]) -> S:
    """Read one settings class. The only place that looks at the environment."""
    secrets = os.environ.get(SECRETS_DIR)
    folder = secrets if secrets and Path(secrets).is_dir() else None
    return cls(_secrets_dir=folder, _env_file=os.environ.get(ENV_FILE, ".env"))
