"""OKX's answers about money that comes and goes, checked field by field."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from capitalino.venues.okx_replies import network
from capitalino.venues.port import Deposit, DepositAddress, DepositState, Withdrawal, WithdrawalState
from capitalino.venues.replies import Millis, NotNegative, Positive, Reply, instant

CREDITED = {"1", "2"}
"""All other states of a deposit wait for something; even one that is held may still be let through."""
WITHDRAWAL_STATES = {
    "2": WithdrawalState.SENT,
    "-1": WithdrawalState.REFUSED,
    "-2": WithdrawalState.REFUSED,
}
"""Failed and cancelled; all others are on their way."""

Attached = Annotated[
    Annotated[dict[str, str], Field(max_length=1)] | None, BeforeValidator(lambda told: told or None)
]


class TaggedReply(Reply):
    """What a sender has to name beside the address, which has another field on every chain."""

    tag: str | None = None
    memo: str | None = None
    pmtId: str | None = None  # noqa: N815
    addrEx: Attached = None  # noqa: N815
    """By a name of the chain's own: the `comment` of TON. Two of them would not be one tag."""

    @property
    def named(self) -> str:
        """The tag, or nothing on chains that have none."""
        (attached,) = (self.addrEx or {"": ""}).values()
        return self.tag or self.memo or self.pmtId or attached


class AddressReply(TaggedReply):
    """Where an asset can be sent."""

    ccy: str
    chain: str
    addr: Annotated[str, Field(min_length=1)]
    selected: bool = False

    def address(self) -> DepositAddress:
        """As the port knows it."""
        return DepositAddress(self.ccy, network(self.ccy, self.chain), self.addr, self.named)


class DepositReply(Reply):
    """What arrived. OKX does not list the tag that came with it."""

    depId: Annotated[str, Field(min_length=1)]  # noqa: N815
    ccy: str
    chain: str
    amt: Positive
    to: str = ""
    txId: str = ""  # noqa: N815
    state: str
    ts: Millis

    @property
    def name(self) -> str:
        """OKX's id of it."""
        return self.depId

    def deposit(self) -> Deposit:
        """As the port knows it; a state that we do not know is not yet credited."""
        return Deposit(
            self.depId,
            self.ccy,
            network(self.ccy, self.chain),
            self.amt,
            self.to,
            "",
            self.txId,
            DepositState.CREDITED if self.state in CREDITED else DepositState.PENDING,
            instant(self.ts),
        )


class CurrencyReply(Reply):
    """An asset on a network, and what it costs to send it there."""

    ccy: str
    chain: Annotated[str, Field(min_length=1)]
    canWd: bool  # noqa: N815
    fee: NotNegative
    mainNet: bool = False  # noqa: N815

    @property
    def network(self) -> str:
        """The network, as the port knows it."""
        return network(self.ccy, self.chain)


class TakenReply(Reply):
    """That a withdrawal was taken in."""

    wdId: Annotated[str, Field(min_length=1)]  # noqa: N815
    clientId: str  # noqa: N815


class WithdrawalReply(TaggedReply):
    """What was sent. The amount is what arrives."""

    wdId: Annotated[str, Field(min_length=1)]  # noqa: N815
    clientId: str = ""  # noqa: N815
    ccy: str
    chain: str
    amt: Positive
    fee: NotNegative = Decimal(0)
    to: str = ""
    txId: str = ""  # noqa: N815
    state: str
    ts: Millis

    @property
    def name(self) -> str:
        """OKX's id of it."""
        return self.wdId

    def withdrawal(self) -> Withdrawal:
        """As the port knows it; a state that we do not know is not yet sent."""
        return Withdrawal(
            self.clientId,
            self.wdId,
            self.ccy,
            network(self.ccy, self.chain),
            self.amt,
            self.fee,
            self.to,
            self.named,
            self.txId,
            WITHDRAWAL_STATES.get(self.state, WithdrawalState.PENDING),
            instant(self.ts),
        )
