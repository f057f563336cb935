"""What Coinbase answers about our accounts, their addresses, and what arrived there."""

from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, AwareDatetime, Field

from capitalino.venues.coinbase_pages import CursorPage, Said, StartingPage
from capitalino.venues.port import (
    Balance,
    Deposit,
    DepositAddress,
    DepositState,
    Withdrawal,
    WithdrawalState,
)
from capitalino.venues.replies import NotNegative, Reply

STATES = {
    "completed": DepositState.CREDITED,
    "canceled": DepositState.REFUSED,
    "expired": DepositState.REFUSED,
    "failed": DepositState.REFUSED,
}
WITHDRAWAL_STATES = {
    "completed": WithdrawalState.SENT,
    "canceled": WithdrawalState.REFUSED,
    "expired": WithdrawalState.REFUSED,
    "failed": WithdrawalState.REFUSED,
}


class ValueReply(Reply):
    """An amount."""

    value: NotNegative


class AccountReply(Reply):
    """What we have of one asset."""

    uuid: Said
    currency: Said
    type: str
    available_balance: ValueReply
    hold: ValueReply

    @property
    def is_crypto(self) -> bool:
        """Whether anything can be sent to it by a chain."""
        return self.type.endswith("CRYPTO")

    def balance(self) -> Balance:
        """As the port knows it."""
        return Balance(self.currency, self.available_balance.value, self.hold.value)


class AccountsPage(CursorPage):
    """Our accounts."""

    accounts: tuple[AccountReply, ...]


class TagReply(Reply):
    """An address together with what has to be named with it."""

    destination_tag: str | None = None


class AddressReply(Reply):
    """Where an asset can be sent to us. Each tag has an address of its own, with an id of its own."""

    id: Said
    address: Said
    network: Said
    destination_tag: str | None = None
    address_info: TagReply = TagReply()

    @property
    def tag(self) -> str:
        """What has to be named with it, if anything."""
        return self.destination_tag or self.address_info.destination_tag or ""

    def deposit_address(self, asset: str) -> DepositAddress:
        """As the port knows it."""
        return DepositAddress(asset, self.network, self.address, self.tag)


class AddressesPage(StartingPage):
    """The addresses of one account."""

    data: tuple[AddressReply, ...]


class NewAddressReply(Reply):
    """An address that was just made."""

    data: AddressReply


class AmountReply(Reply):
    """An amount; what we sent ourselves is negative."""

    amount: Decimal
    currency: Said


class ChainReply(Reply):
    """What is known of it on the chain; of what we sent, also what it cost and what arrives."""

    hash: str | None = None
    network_name: Annotated[str, Field(validation_alias=AliasChoices("network_name", "name"))] = ""
    transaction_fee: AmountReply | None = None
    transaction_amount: AmountReply | None = None


class ReceiverReply(Reply):
    """To whom we sent."""

    address: str = ""
    address_info: TagReply = TagReply()


class TransactionReply(Reply):
    """What came or went. Of what came, neither the address nor its tag is in it."""

    id: Said
    type: str
    status: Said
    amount: AmountReply
    created_at: AwareDatetime
    network: ChainReply | None = None
    to: ReceiverReply | None = None
    idem: str | None = None

    @property
    def chain_id(self) -> str:
        """The id of its transaction on the chain, as soon as it has one."""
        return (self.network.hash if self.network else None) or ""

    @property
    def leaves(self) -> bool:
        """Whether we sent it."""
        return self.type == "send" and self.amount.amount < 0

    def withdrawal(self) -> Withdrawal:
        """As the port knows it: the amount of the account has the fee in it."""
        chain, to = self.network or ChainReply(), self.to or ReceiverReply()
        fee = chain.transaction_fee.amount if chain.transaction_fee else Decimal(0)
        arrives = chain.transaction_amount
        amount = arrives.amount if arrives else -self.amount.amount - fee
        if not self.leaves or amount <= 0:
            raise ValueError("nothing that was sent")
        return Withdrawal(
            (self.idem or "").replace("-", ""),
            self.id,
            self.amount.currency,
            chain.network_name,
            amount,
            fee,
            to.address,
            to.address_info.destination_tag or "",
            self.chain_id,
            WITHDRAWAL_STATES.get(self.status, WithdrawalState.PENDING),
            self.created_at,
        )

    def deposit(self, address: AddressReply) -> Deposit:
        """As the port knows it; a status that we do not know is not yet credited."""
        return Deposit(
            self.id,
            self.amount.currency,
            address.network,
            self.amount.amount,
            address.address,
            address.tag,
            self.chain_id,
            STATES.get(self.status, DepositState.PENDING),
            self.created_at,
        )


class SentReply(Reply):
    """What was just sent, or was before under our id."""

    data: TransactionReply


class TransactionsPage(StartingPage):
    """What came to an address, or came to and went from an account, newest first."""

    data: tuple[TransactionReply, ...]
