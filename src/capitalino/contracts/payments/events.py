"""What payments tells."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from capitalino.kit.message import Event, Rate, Units


class ConversionSettled(Event):
    """An investor's money was exchanged: `from` left, `to` arrived, the fee is part of neither."""

    subject: ClassVar[str] = "payments.conversion_settled.v1"

    conversion_id: UUID
    investor_id: UUID
    from_asset: str
    from_units: Units
    to_asset: str
    to_units: Units
    fee_units: Units
    """In `to_asset`, already taken off `to_units`."""
    rate: Rate
    effective_at: AwareDatetime | None = None
    """When it counts, where that is not when it was recorded: history taken over from another system."""

    @property
    def key(self) -> str:
        """The conversion."""
        return str(self.conversion_id)


class ConversionRefused(Event):
    """A conversion will not happen; what was held is given back."""

    subject: ClassVar[str] = "payments.conversion_refused.v1"

    conversion_id: UUID
    investor_id: UUID
    from_asset: str
    from_units: Units
    to_asset: str
    reason: str

    @property
    def key(self) -> str:
        """The conversion."""
        return str(self.conversion_id)


class DepositSettled(Event):
    """Money of an investor arrived and is on the books."""

    subject: ClassVar[str] = "payments.deposit_settled.v1"

    deposit_id: UUID
    investor_id: UUID
    asset: str
    units: Units
    rail: str
    effective_at: AwareDatetime | None = None
    """When it counts, where that is not when it was recorded: history taken over from another system."""

    @property
    def key(self) -> str:
        """The deposit."""
        return str(self.deposit_id)
