"""The ledger's own settings."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class LedgerSettings(ServiceSettings):
    """How commands are gathered, holds are swept and the chain is sealed and signed."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_LEDGER_")

    batch_max: int = Field(
        1000, ge=1, le=10_000, description="Commands that one database transaction posts at most."
    )
    in_flight: int = Field(
        2, ge=1, le=16, description="Posting transactions at the same time, for each book."
    )
    write_timeout_s: float = Field(
        5.0, gt=0, le=60, description="A posting transaction is given up after this time."
    )
    expire_every_s: float = Field(
        1.0, gt=0, le=60, description="Seconds between two looks for holds past their time."
    )
    seal_every_s: float = Field(
        1.0, gt=0, le=60, description="Seconds between two looks for entries that are not sealed yet."
    )
    checkpoint_every_s: int = Field(
        60, ge=1, le=86_400, description="The chain's head is signed this often when it has grown."
    )
    checkpoint_blocks: int = Field(
        1000, ge=1, description="The chain's head is signed earlier when it has grown by so many blocks."
    )
    checkpoint_keys: SecretStr | None = Field(
        None,
        description="Sign the chain's head (Ed25519): `id:base64` of 32 bytes each, the present one first,"
        " commas between them. One without an id is called `k1`. Older ones verify what they have signed.",
        json_schema_extra={"generated_bytes": 32},
    )
