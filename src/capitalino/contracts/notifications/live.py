"""The messages of the socket: what `type` each has, and what is in `data`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from capitalino.contracts.money_wire import AmountText, AssetCode, MoneyOut


class Said(BaseModel):
    """What every message has. Those with an `id` can be resumed from."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    id: Annotated[str, Field(pattern=r"^\d+$")] | None
    at: datetime


class HelloData(BaseModel):
    """Where the personal messages stand."""

    model_config = ConfigDict(extra="forbid")

    last_id: str


class Hello(Said):
    """The first message of each socket."""

    type: Literal["hello"]
    data: HelloData


class PriceData(BaseModel):
    """Decimal numbers as text; the change over 24 hours as a part of one."""

    model_config = ConfigDict(extra="forbid")

    instrument: Annotated[str, Field(examples=["BTC/EUR"])]
    bid: str
    ask: str
    mid: str
    change_24h: str | None
    at: datetime


class LivePrice(Said):
    """The latest of each instrument, at most ten times a second."""

    type: Literal["price"]
    data: PriceData


class BalanceData(BaseModel):
    """A lower `version` than the one that you have is old."""

    model_config = ConfigDict(extra="forbid")

    asset: AssetCode
    posted: AmountText
    available: str
    held: AmountText
    version: int


class LiveBalance(Said):
    """Your balance of one asset has changed."""

    type: Literal["balance"]
    data: BalanceData


class PaymentData(BaseModel):
    """A conversion has `from` and, when settled, `to`; a deposit has `amount` and `asset`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    kind: Literal["conversion", "deposit"]
    payment_id: UUID
    state: Literal["settled", "refused"]
    left: Annotated[MoneyOut | None, Field(alias="from")] = None
    to: MoneyOut | None = None
    amount: AmountText | None = None
    asset: AssetCode | None = None
    reason: str | None = None


class LivePayment(Said):
    """A payment of yours has ended."""

    type: Literal["payment"]
    data: PaymentData


class NotificationData(BaseModel):
    """`code` stands for a sentence, made where it is read; `params` are what is in it."""

    model_config = ConfigDict(extra="forbid")

    notification_id: UUID
    code: str
    params: dict[str, str | None]


class LiveNotification(Said):
    """Something new is in your inbox."""

    type: Literal["notification"]
    data: NotificationData


LIVE = (Hello, LivePrice, LiveBalance, LivePayment, LiveNotification)
LiveMessage = Annotated[
    Hello | LivePrice | LiveBalance | LivePayment | LiveNotification, Field(discriminator="type")
]
