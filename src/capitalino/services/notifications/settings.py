"""The settings of notifications."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    """How many sockets there may be, and how patient the hub is with them."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_NOTIFICATIONS_")

    ticket_ttl_s: int = Field(30, ge=1, le=300, description="How long a ticket for a socket is good.")
    sockets_per_investor: int = Field(10, ge=1, description="Open sockets of one investor in one process.")
    sockets_max: int = Field(10_000, ge=1, description="Open sockets of one process.")
    prices_every_ms: int = Field(
        100, ge=1, description="Prices go out this often at most; in between, the latest of each wins."
    )
    send_timeout_s: float = Field(
        10.0, gt=0, description="A client that takes nothing for this long is cut off (1013)."
    )
    look_after_every_s: float = Field(
        5.0, gt=0, description="How often the hub looks for what a lost signal has not told it."
    )
    ping_every_s: float = Field(20.0, gt=0, description="How often a silent socket is pinged.")
