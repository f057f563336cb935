"""Kraken's answers about money that comes and goes, checked field by field."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from capitalino.venues.kraken_names import asset, instant, whole_seconds
from capitalino.venues.port import Deposit, DepositState, Withdrawal, WithdrawalState
from capitalino.venues.replies import NotNegative, Positive, Reply

Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[Decimal, Field(gt=0, lt=10**11)]
DEPOSIT_STATES = {"Success": DepositState.CREDITED, "Failure": DepositState.REFUSED}
HELD, SENT_BACK = {"on-hold", "onhold"}, "return"
WITHDRAWAL_STATES = {"Success": WithdrawalState.SENT, "Failure": WithdrawalState.REFUSED}
"""Initial, Pending, Settled and Partial are on their way."""
CAME_BACK = {"canceled", "return"}


class MethodReply(Reply):
    """One way in which an asset can be sent; Kraken's word for a network."""

    method: Text


class AddressReply(Reply):
    """Where an asset can be sent, and until when; nought is for ever."""

    address: Text
    expiretm: NotNegative = Decimal(0)
    tag: str | None = None
    memo: str | None = None

    def is_good_at(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return not self.expiretm or self.expiretm > whole_seconds(now)


class DepositReply(Reply):
    """What arrived. Kraken tells no tag."""

    method: Text
    asset: Text
    refid: Text
    txid: str | None = None
    info: str | None = None
    amount: Positive
    time: Seconds
    status: str
    status_prop: str | None = Field(None, alias="status-prop")

    def deposit(self) -> Deposit:
        """As the port knows it; a status that we do not know is not yet credited."""
        state = DEPOSIT_STATES.get(self.status, DepositState.PENDING)
        if self.status_prop == SENT_BACK:
            state = DepositState.REFUSED
        elif self.status_prop in HELD:
            state = DepositState.PENDING
        return Deposit(
            self.refid,
            asset(self.asset),
            self.method,
            self.amount,
            self.info or "",
            "",
            self.txid or "",
            state,
            instant(self.time),
        )


class DepositsReply(Reply):
    """A page of deposits, and where the next one begins."""

    deposits: tuple[DepositReply, ...]
    next_cursor: str | None = None


class ListedReply(Reply):
    """An address to which we may send, and the name that a person gave it."""

    address: Text
    key: Text
    method: Text
    verified: bool = False
    tag: str | None = None
    memo: str | None = None


class FeeReply(Reply):
    """What it costs to send so much."""

    fee: NotNegative


class SentReply(Reply):
    """That a withdrawal was taken in: Kraken's id of it, and nothing else."""

    refid: Text


class WithdrawalReply(Reply):
    """What was sent. The amount is what arrives; Kraken tells no tag."""

    method: Text
    asset: Text
    refid: Text
    txid: str | None = None
    info: str | None = None
    amount: Positive
    fee: NotNegative = Decimal(0)
    time: Seconds
    status: str
    status_prop: str | None = Field(None, alias="status-prop")

    @property
    def at(self) -> datetime:
        """When it was asked for."""
        return instant(self.time)

    def withdrawal(self) -> Withdrawal:
        """As the port knows it; a status that we do not know is not yet sent."""
        state = WITHDRAWAL_STATES.get(self.status, WithdrawalState.PENDING)
        if self.status_prop in CAME_BACK:
            state = WithdrawalState.REFUSED
        elif self.status_prop in HELD:
            state = WithdrawalState.PENDING
        return Withdrawal(
            "",
            self.refid,
            asset(self.asset),
            self.method,
            self.amount,
            self.fee,
            self.info or "",
            "",
            self.txid or "",
            state,
            self.at,
        )


class WithdrawalsReply(Reply):
    """A page of withdrawals, and where the next one begins."""

    withdrawals: tuple[WithdrawalReply, ...]
    next_cursor: str | None = None
