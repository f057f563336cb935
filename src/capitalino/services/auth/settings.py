"""The settings of auth."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class AuthSettings(ServiceSettings):
    """How people sign in, and for how long."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_AUTH_")

    keys: SecretStr | None = Field(
        None,
        description="Seal addresses, factors and signing keys: `id:base64` of 32 bytes each, the present one"
        " first, commas between them. One without an id is called `k1`.",
        json_schema_extra={"generated_bytes": 32},
    )
    index_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 that addresses are found by. It never changes.",
        json_schema_extra={"generated_bytes": 32},
    )
    token_ttl_s: int = Field(300, ge=60, le=600, description="How long an access token lasts.")
    setup_ttl_s: int = Field(600, ge=120, le=600, description="The time to set up the second factor.")
    challenge_ttl_s: int = Field(300, ge=60, le=600, description="The time to enter the second factor.")
    link_ttl_s: int = Field(86_400, ge=600, description="How long the link to confirm an address works.")
    session_absolute_s: int = Field(43_200, ge=600, description="A session ends this long after signing in.")
    session_idle_s: int = Field(1800, ge=300, description="A session ends this long after its last use.")
    refresh_grace_s: int = Field(
        10, ge=0, le=60, description="How long a replaced refresh secret is excused: its answer may be lost."
    )
    key_signs_s: int = Field(
        7 * 86_400, ge=7200, description="How long a key signs before the next one does."
    )
    hash_workers: int = Field(
        1,
        ge=1,
        le=32,
        description="Passwords checked at once, each by a process: half of the cores are enough.",
    )
    hash_waiting_max: int = Field(
        30, ge=1, description="Passwords that may wait to be checked; more are refused."
    )
    hash_time_cost: int = Field(2, ge=1, description="Argon2id: rounds.")
    hash_memory_kib: int = Field(19_456, ge=8, description="Argon2id: memory of one hash.")
    hash_parallelism: int = Field(1, ge=1, description="Argon2id: lanes.")
    registrations_an_hour: int = Field(60, ge=1, description="From one address (IPv6: one /64).")
    sign_ins_a_minute: int = Field(60, ge=1, description="From one address (IPv6: one /64).")
    mails_an_hour: int = Field(10, ge=1, description="To one mailbox that somebody registers.")
