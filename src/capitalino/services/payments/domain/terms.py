"""The price list: what the house takes, by pair and by time. A row is never changed: a newer one follows."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from capitalino.services.payments.domain.payments import Terms

ALL = "*"
"""In the place of an asset: the row that counts for pairs without one of their own."""
PLACES = 8
"""Decimals of a part: 0.00000001 is a ten-thousandth of a basis point."""


@dataclass(frozen=True, slots=True)
class ListedTerms:
    """A row of the price list: it counts from `valid_from` on, until a newer one of its pair does.

    The first rows came with the migration and have no approval.
    """

    terms_id: UUID
    base: str
    quote: str
    terms: Terms
    valid_from: datetime
    approval_id: UUID | None = None
    asked_by: UUID | None = None
    approved_by: UUID | None = None
    is_current: bool = True

    def __post_init__(self) -> None:
        """Four eyes: what one has asked for, another has granted."""
        if self.approval_id is not None:
            assert self.asked_by is not None, "somebody has asked for it"
            assert self.approved_by is not None, "somebody has granted it"
            assert self.asked_by != self.approved_by, "nobody grants what they have asked for"


def is_part(part: Decimal) -> bool:
    """Whether it is a part of one that is stored as it is: not negative, less than one, few decimals."""
    if not part.is_finite() or not 0 <= part < 1:
        return False
    exponent = part.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has an exponent"
    return -exponent <= PLACES


def is_sound(terms: Terms) -> bool:
    """Whether both parts can stand in the list."""
    return is_part(terms.spread) and is_part(terms.fee)
