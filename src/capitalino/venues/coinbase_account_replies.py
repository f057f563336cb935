"""What Coinbase answers about our accounts, their addresses, and what arrived there."""

from decimal import Decimal

from pydantic import AwareDatetime

from capitalino.venues.coinbase_pages import CursorPage, Said, StartingPage
from capitalino.venues.port import Balance, Deposit, DepositAddress, DepositState
from capitalino.venues.replies import NotNegative, Reply

STATES = {
    "completed": DepositState.CREDITED,
    "canceled": DepositState.REFUSED,
    "expired": DepositState.REFUSED,
    "failed": DepositState.REFUSED,
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
    """What is known of it on the chain."""

    hash: str | None = None


class TransactionReply(Reply):
    """What came to an address. Neither the address nor its tag is in it."""

    id: Said
    status: Said
    amount: AmountReply
    created_at: AwareDatetime
    network: ChainReply = ChainReply()

    def deposit(self, address: AddressReply) -> Deposit:
        """As the port knows it; a status that we do not know is not yet credited."""
        return Deposit(
            self.id,
            self.amount.currency,
            address.network,
            self.amount.amount,
            address.address,
            address.tag,
            self.network.hash or "",
            STATES.get(self.status, DepositState.PENDING),
            self.created_at,
        )


class TransactionsPage(StartingPage):
    """What came to one address, newest first."""

    data: tuple[TransactionReply, ...]
