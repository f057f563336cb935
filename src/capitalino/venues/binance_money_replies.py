"""Binance's answers about money that comes and goes, checked field by field."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from capitalino.venues.port import Deposit, DepositState, Withdrawal, WithdrawalState
from capitalino.venues.replies import Millis, NotNegative, Positive, Reply, instant

DEPOSIT_STATES = {
    1: DepositState.CREDITED,
    6: DepositState.CREDITED,
    2: DepositState.REFUSED,
    7: DepositState.REFUSED,
}
WITHDRAWAL_STATES = {
    1: WithdrawalState.REFUSED,
    3: WithdrawalState.REFUSED,
    5: WithdrawalState.REFUSED,
    6: WithdrawalState.SENT,
}
"""Cancelled, rejected, failed, completed; all others are on their way."""
WRITTEN = "%Y-%m-%d %H:%M:%S"
"""Its withdrawals have their instants as texts in UTC, though its deposits have milliseconds."""


class AddressReply(Reply):
    """Where an asset can be sent."""

    coin: str
    address: Annotated[str, Field(min_length=1)]
    tag: str = ""


class DepositReply(Reply):
    """What arrived."""

    id: str
    amount: Positive
    coin: str
    network: str
    status: int
    address: str
    addressTag: str = ""  # noqa: N815
    txId: str = ""  # noqa: N815
    insertTime: Millis  # noqa: N815

    def deposit(self) -> Deposit:
        """As the port knows it; a status that we do not know is not yet credited."""
        return Deposit(
            self.id,
            self.coin,
            self.network,
            self.amount,
            self.address,
            self.addressTag,
            self.txId,
            DEPOSIT_STATES.get(self.status, DepositState.PENDING),
            instant(self.insertTime),
        )


class NetworkReply(Reply):
    """A network by which an asset is sent, and what that costs."""

    network: Annotated[str, Field(min_length=1)]
    isDefault: bool = False  # noqa: N815
    withdrawEnable: bool  # noqa: N815
    withdrawFee: NotNegative  # noqa: N815
    withdrawIntegerMultiple: Positive  # noqa: N815


class AssetReply(Reply):
    """What is kept there."""

    coin: str
    networkList: tuple[NetworkReply, ...]  # noqa: N815


class AppliedReply(Reply):
    """That a withdrawal was taken in."""

    id: Annotated[str, Field(min_length=1)]


class WithdrawalReply(Reply):
    """What was sent. The amount is what arrives."""

    id: Annotated[str, Field(min_length=1)]
    amount: Positive
    transactionFee: NotNegative = Decimal(0)  # noqa: N815
    coin: str
    network: str
    status: int
    address: str
    addressTag: str = ""  # noqa: N815
    txId: str = ""  # noqa: N815
    applyTime: str  # noqa: N815
    withdrawOrderId: str = ""  # noqa: N815

    def withdrawal(self) -> Withdrawal:
        """As the port knows it; a status that we do not know is not yet sent."""
        return Withdrawal(
            self.withdrawOrderId,
            self.id,
            self.coin,
            self.network,
            self.amount,
            self.transactionFee,
            self.address,
            self.addressTag,
            self.txId,
            WITHDRAWAL_STATES.get(self.status, WithdrawalState.PENDING),
            datetime.strptime(self.applyTime, WRITTEN).replace(tzinfo=UTC),
        )
