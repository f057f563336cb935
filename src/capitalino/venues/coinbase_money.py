"""Money that comes to us and leaves us through Coinbase, by its older calls: each asset has an account."""

from collections.abc import Collection
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from capitalino.venues.asking import check_client_id, read
from capitalino.venues.coinbase_account_replies import AccountReply, SentReply, TransactionsPage
from capitalino.venues.coinbase_accounts import Accounts
from capitalino.venues.coinbase_calls import Calls
from capitalino.venues.once import once
from capitalino.venues.port import Deposit, DepositAddress, Never, Unknown, Withdraw, Withdrawal

SLACK = timedelta(minutes=1)
"""Its clock and ours are never quite the same."""


class CoinbaseMoney:
    """Keeps `port.Receiving` and `port.Withdrawing`."""

    def __init__(self, calls: Calls, accounts: Accounts) -> None:
        self._calls_on_accounts = calls
        self._accounts = accounts

    async def deposit_address(self, asset: str, network: str | None = None) -> DepositAddress:
        """Our address for an asset: the newest one, or a first one."""
        account = await self._account(asset)
        known = [row for row in await self._accounts.addresses(account) if network in {None, row.network}]
        return (known[0] if known else await self._accounts.new_address(account, network)).deposit_address(
            asset
        )

    async def deposits(self, since: datetime) -> tuple[Deposit, ...]:
        """What arrived since, oldest first. A deposit is listed again when its state has changed."""
        found: list[Deposit] = []
        for account in await self._accounts.all():
            # What arrived names neither address nor tag, so each address is asked for its own.
            for address in await self._accounts.addresses(account):
                found += await self._accounts.arrived(account, address, since)
        return tuple(sorted(once(found, lambda row: row.deposit_id), key=lambda deposit: deposit.at))

    async def withdraw(self, asked: Withdraw) -> Withdrawal:
        """Send money, once. Again, Never: it does not go. Unknown: look up, never send it again.

        Coinbase takes its fee on top of the amount, and tells it only then.
        """
        check_client_id(asked.client_id)
        account = await self._account(asked.asset)
        form: dict[str, Any] = {
            "account_id": account.uuid,
            "type": "send",
            "to": asked.address,
            "amount": f"{asked.amount:f}",
            "currency": asked.asset,
            "idem": asked.client_id,
        }
        form |= {"network": asked.network} if asked.network else {}
        form |= {"destination_tag": asked.tag} if asked.tag else {}
        raw = await self._calls_on_accounts.ask(
            "v2_private_post_accounts_account_id_transactions", form, changes=True, sent_at=asked.sent_at
        )
        sent = read(lambda: _what_was_sent(raw), changes=True)
        told = (sent.client_id, sent.asset, sent.amount, sent.address)
        if told != (asked.client_id, asked.asset, asked.amount, asked.address):
            # Under an id that was used before, Coinbase answers with what was sent at that time.
            raise Unknown("duplicate", "something else was sent under this id before")
        return sent

    async def look_up_withdrawal(self, asked: Withdraw, *, others: Collection[str] = ()) -> Withdrawal | None:
        """What became of it, or nothing when Coinbase does not know it (yet)."""
        del others  # Coinbase keeps our id, though it finds nothing by it.
        account = await self._account(asked.asset)
        for row in await self._sent(account, asked.sent_at - SLACK):
            if row.client_id == asked.client_id:
                return row
        return None

    async def withdrawals(self, since: datetime) -> tuple[Withdrawal, ...]:
        """What was sent since, oldest first. A withdrawal is listed again when its state has changed."""
        accounts = [account for account in await self._accounts.all() if account.is_crypto]
        found = [row for account in accounts for row in await self._sent(account, since)]
        return tuple(sorted(once(found, lambda row: row.venue_withdrawal_id), key=lambda row: row.at))

    async def _account(self, asset: str) -> AccountReply:
        for row in await self._accounts.all():
            if row.is_crypto and row.currency == asset:
                return row
        raise Never("no_account", f"{asset} comes and goes there by no chain")

    async def _sent(self, account: AccountReply, since: datetime) -> list[Withdrawal]:
        """What left an account, among all that came and went; newest first."""
        asked = {"account_id": account.uuid, "limit": self._accounts.older_at_once}
        call = "v2_private_get_accounts_account_id_transactions"
        found: list[Withdrawal] = []
        async with aclosing(self._calls_on_accounts.pages(call, asked, TransactionsPage)) as pages:
            async for page in pages:
                rows = [row for row in page.data if row.leaves and row.created_at >= since]
                found += [read(row.withdrawal) for row in rows]
                if page.data and page.data[-1].created_at < since:
                    break
        return found


def _what_was_sent(raw: Any) -> Withdrawal:
    return SentReply.model_validate(raw).data.withdrawal()
