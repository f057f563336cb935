"""What can be set in payments."""

from decimal import Decimal
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from capitalino.services.payments.settings.venues import VenueChoice


class PaymentsSettings(VenueChoice):
    """How much is exchanged and how long things may take. What it costs is in the price list."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_PAYMENTS_")

    quote_ttl_s: int = Field(30, ge=5, le=300, description="How long a quote is locked.")
    quote_asset_min: Decimal = Field(Decimal(5), gt=0, description="The least that is exchanged, in EUR.")
    quote_asset_max: Decimal = Field(Decimal(250_000), gt=0, description="The most at once, in EUR.")
    step_up_above: Decimal = Field(
        Decimal(10_000), ge=0, description="Above this, in EUR, a factor has to be proved again first."
    )
    history: bool | None = Field(
        None,
        description="Whether staff may take over past deposits and exchanges; unset: in development only.",
    )
    settlement: Literal["back_to_back", "inventory"] = Field(
        "back_to_back", description="Each conversion with an order of its own, or from the house's inventory."
    )
    inventory_short: Literal["back_to_back", "refuse"] = Field(
        "back_to_back", description="What happens when the inventory does not suffice for a conversion."
    )
    resume_every_s: float = Field(0.5, gt=0, description="How often interrupted work is looked for.")
    settle_every_s: float = Field(2.0, gt=0, description="The same for deposits that are not booked.")
    deposits_every_s: float = Field(1.0, gt=0, description="How often the venue is asked for new deposits.")
    order_lost_after_s: int = Field(
        15,
        ge=11,
        description="An order that the venue has not seen this long after it was sent can never execute.",
    )
    quote_grace_s: int = Field(
        30, ge=0, description="How long after its end a quote in use is still ordered at the venue."
    )
    pending_max_s: int = Field(
        3600, ge=60, description="How long a conversion may wait at one step before people look at it."
    )

    def takes_history(self, mode: str) -> bool:
        """Whether staff may take over the past: it makes money that nobody has shown us."""
        return mode == "development" if self.history is None else self.history
