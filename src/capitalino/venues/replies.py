"""What the replies of every venue are made of."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[Decimal, Field(gt=0)]
NotNegative = Annotated[Decimal, Field(ge=0)]
Millis = Annotated[int, Field(gt=0, lt=10**14)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reply(BaseModel):
    """Fields that we do not know are ignored, fields that we need must be there and make sense."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def instant(millis: int) -> datetime:
    """Milliseconds since 1970 as an instant."""
    return EPOCH + timedelta(milliseconds=millis)


def millis(instant: datetime) -> int:
    """An instant in milliseconds since 1970."""
    return (instant - EPOCH) // timedelta(milliseconds=1)
