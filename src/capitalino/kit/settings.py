"""Settings: typed, read once from the environment or a folder of secrets, and then handed down."""

import os
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound="Settings")
OWN_HOSTS = {"127.0.0.1", "::1", "localhost"}
WITH_TLS = {"https", "smtps", "tls", "wss", "valkeys", "rediss"}
SERVER_URLS = {"database_url", "replica_url", "owner_database_url", "nats_url", "valkey_url"}
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
    also_origins: tuple[str, ...] = Field(
        (), description="Origins beside the public URL's whose pages may use cookies and sockets."
    )
    plain_hosts: tuple[str, ...] = Field(
        (), description="Hosts that production may reach without TLS, because the way there is private."
    )
    reads_a_minute: int = Field(1200, ge=1, description="What one login or API key may read.")
    writes_a_minute: int = Field(600, ge=1, description="What it may change.")
    money_a_minute: int = Field(120, ge=1, description="Quotes, conversions, and all that moves money.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_format: Literal["json", "console"] = Field(
        "json", description="ECS JSON for machines, console for people."
    )

    def unsafe(self) -> list[str]:
        """What production refuses of it, a sentence each."""
        public, smtp = urlsplit(self.public_url), self.smtp_url.get_secret_value()
        found = [
            (public.scheme != "https", "CAPITALINO_PUBLIC_URL is not https: passwords could be read."),
            (
                public.hostname in OWN_HOSTS,
                "CAPITALINO_PUBLIC_URL is this machine: mails lead nowhere.",
            ),
            (self.is_plain(self.jwks_url), "CAPITALINO_JWKS_URL is read without TLS: keys could be put in."),
            (
                self.is_plain(smtp),
                "CAPITALINO_SMTP_URL is not smtps: links in mails could be read.",
            ),
            (self.mail_from.rstrip(">").endswith("@localhost"), "CAPITALINO_MAIL_FROM is the example's."),
            (
                any(not origin.startswith("https://") for origin in self.also_origins),
                "CAPITALINO_ALSO_ORIGINS lets pages without TLS in.",
            ),
            (self.venues_url is not None, "CAPITALINO_VENUES_URL names a sandbox: its money is none."),
            (self.log_level == "debug", "CAPITALINO_LOG_LEVEL is debug: logs would say too much."),
        ]
        return [sentence for is_unsafe, sentence in found if is_unsafe]

    def is_plain(self, url: str) -> bool:
        """Whether what is sent there can be read on the way, and nobody has said that the way is private."""
        parts = urlsplit(url)
        if parts.hostname is None or parts.hostname in OWN_HOSTS or parts.hostname in self.plain_hosts:
            return False
        if parts.scheme in {"postgresql", "postgres"}:
            return parse_qs(parts.query).get("sslmode") != ["verify-full"]
        return parts.scheme not in WITH_TLS


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

    def unsafe(self, prefix: str, shared: Shared) -> list[str]:
        """What production refuses of it, a sentence each. A service adds what is its own."""
        found = []
        for name, field in type(self).model_fields.items():
            value, setting = getattr(self, name), f"{prefix}{name.upper()}"
            extra = field.json_schema_extra
            if isinstance(extra, dict) and "generated_bytes" in extra and value is None:
                found.append(f"{setting} is not set: everybody knows the key that stands in for it.")
            if name in SERVER_URLS and value is not None:
                url = value.get_secret_value()
                if shared.is_plain(url):
                    found.append(f"{setting} is without TLS, and not to one of CAPITALINO_PLAIN_HOSTS.")
                if not urlsplit(url).password:
                    found.append(f"{setting} has no password.")
        return found


def load(cls: type[S]) -> S:
    """Read one settings class. The only place that looks at the environment."""
    secrets = os.environ.get(SECRETS_DIR)
    folder = secrets if secrets and Path(secrets).is_dir() else None
    return cls(_secrets_dir=folder, _env_file=os.environ.get(ENV_FILE, ".env"))
