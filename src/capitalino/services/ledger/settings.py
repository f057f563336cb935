"""The ledger's own settings."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class LedgerSettings(ServiceSettings):
    """How commands are gathered and holds are swept."""

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
