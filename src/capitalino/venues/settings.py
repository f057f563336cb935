"""How a venue is reached, and as whom."""

from dataclasses import dataclass, field

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class VenueSettings:
    """With a `base_url` it is a stand-in, and no other host is ever asked. The keys are the sandbox's."""

    base_url: str | None = None
    api_key: SecretStr = field(default_factory=lambda: SecretStr("sandbox-key"))
    secret: SecretStr = field(default_factory=lambda: SecretStr("sandbox-secret"))
    passphrase: SecretStr = field(default_factory=lambda: SecretStr("sandbox-passphrase"))
    """OKX asks for one beside the key and its secret."""
    timeout_ms: int = 5000
