"""Our accounts at Coinbase: one for each asset, each with addresses of its own."""

from contextlib import aclosing
from datetime import datetime

from capitalino.venues.asking import read
from capitalino.venues.coinbase_account_replies import (
    AccountReply,
    AccountsPage,
    AddressesPage,
    AddressReply,
    NewAddressReply,
    TransactionsPage,
)
from capitalino.venues.coinbase_calls import Calls
from capitalino.venues.port import Again, Deposit

AT_ONCE_MAX, OLDER_AT_ONCE_MAX = 250, 100
"""The most rows that Coinbase gives at once, and what its older calls give."""


class Accounts:
    """What Coinbase knows by account only."""

    def __init__(self, calls: Calls, at_once: int) -> None:
        self._calls = calls
        self._at_once = at_once
        self.older_at_once = min(at_once, OLDER_AT_ONCE_MAX)

    async def all(self) -> list[AccountReply]:
        """Every account."""
        asked = {"limit": self._at_once}
        pages = self._calls.pages("v3_private_get_brokerage_accounts", asked, AccountsPage)
        return [row async for page in pages for row in page.accounts]

    async def addresses(self, account: AccountReply) -> list[AddressReply]:
        """The addresses of an account, newest first; none where nothing arrives by a chain."""
        if not account.is_crypto:
            return []
        asked = {"account_id": account.uuid, "limit": self.older_at_once}
        pages = self._calls.pages("v2_private_get_accounts_account_id_addresses", asked, AddressesPage)
        return [row async for page in pages for row in page.data]

    async def new_address(self, account: AccountReply, network: str | None) -> AddressReply:
        """A further address. One that is made although we do not hear of it does no harm."""
        asked = {"account_id": account.uuid} | ({"network": network} if network else {})
        raw = await self._calls.ask("v2_private_post_accounts_account_id_addresses", asked)
        made = read(lambda: NewAddressReply.model_validate(raw)).data
        if network not in {None, made.network}:
            raise Again("garbage", "an address on another network")
        return made

    async def arrived(self, account: AccountReply, address: AddressReply, since: datetime) -> list[Deposit]:
        """What came to an address."""
        call = "v2_private_get_accounts_account_id_addresses_address_id_transactions"
        asked = {"account_id": account.uuid, "address_id": address.id, "limit": self.older_at_once}
        found: list[Deposit] = []
        async with aclosing(self._calls.pages(call, asked, TransactionsPage)) as pages:
            async for page in pages:
                came = [row for row in page.data if row.amount.amount > 0 and row.created_at >= since]
                found += [row.deposit(address) for row in came]
                if page.data and page.data[-1].created_at < since:
                    break
        return found
