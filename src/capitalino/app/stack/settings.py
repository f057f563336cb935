"""What `capitalino up` can be told from outside: another folder, another port, servers that run elsewhere."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import SECRETS_DIR, Settings

PROJECT = Path(__file__).resolve().parents[4]
"""The checkout, when run from one: `var/` and `web/dist` lie there."""


class StackSettings(Settings):
    """Where the stack lives, and which servers it is to use instead of its own."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_", populate_by_name=True)

    var: Path = Field(PROJECT / "var", description="The folder of data, secrets and logs.")
    web_dir: Path = Field(PROJECT / "web" / "dist", description="The built web app.")
    port: int = Field(
        8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("CAPITALINO_PORT", "PORT"),
        description="The edge's port.",
    )
    tls_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("CAPITALINO_TLS_PORT", "TLS_PORT"),
        description="The edge's port for TLS; unset: 443 above the other one. 0: any free one.",
    )
    mode: Literal["development", "production"] = Field(
        "development", description="`production`: no sandbox pages at the edge, and its limits are strict."
    )
    postgres_url: SecretStr | None = Field(
        None, description="An administrator's URL of a PostgreSQL to use instead of an own one."
    )
    nats_url: SecretStr | None = Field(
        None, description="A NATS with JetStream to use instead of an own one."
    )
    valkey_url: SecretStr | None = Field(None, description="A Valkey to use instead of an own one.")
    entries_a_second: int = Field(
        15, ge=1, description="What the edge lets through to where passwords are hashed, from all together."
    )
    venues_url: str | None = Field(
        None, description="Another sandbox to use instead of our own, each exchange below its name."
    )
    rates: Literal["sandbox", "real"] | None = Field(
        None,
        description="Who tells fiat reference rates; unset: the sandbox, in production the real sources.",
    )
    smtp_url: SecretStr | None = Field(
        None, description="A mail server to use instead of the sandbox's mail catcher."
    )


def adopt(told: Mapping[str, str], secrets: Path) -> None:
    """Let a command by hand see what a stack tells its services; what is set already comes first."""
    for name, value in {**told, SECRETS_DIR: str(secrets)}.items():
        os.environ.setdefault(name, value)


def child_environment() -> dict[str, str]:
    """The environment that children inherit: ours, without what would mislead them."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"PORT", "TLS_PORT", "CAPITALINO_ENV_FILE"}
    }
