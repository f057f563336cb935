"""The settings of users."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class UsersSettings(ServiceSettings):
    """What guards the people's data."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_USERS_")

    keys: SecretStr | None = Field(
        None,
        description="Seal each person's own key: `id:base64` of 32 bytes each, the present one first,"
        " commas between them. One without an id is called `k1`.",
        json_schema_extra={"generated_bytes": 32},
    )
