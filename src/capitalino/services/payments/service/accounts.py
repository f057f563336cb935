"""The ledger accounts that payments needs, opened when they are first needed."""

from uuid import UUID

from capitalino.contracts.ledger.api import Account, LedgerAccounts, OpenAccounts
from capitalino.services.payments.domain.payments import (
    FEES,
    HISTORY,
    HOUSE,
    SPREAD,
    Conversion,
    cash,
    venue_account,
)


class Accounts:
    """Opens accounts; what this process has opened once is not asked for again."""

    def __init__(self, ledger: LedgerAccounts, venue: str) -> None:
        self._ledger, self._venue = ledger, venue
        self._open: set[tuple[str, str]] = set()

    async def open_for(self, conversion: Conversion) -> None:
        """The investor's two accounts, and the house's."""
        priced = conversion.quote.priced
        venue = HISTORY if conversion.effective_at else self._venue
        for asset in (priced.taken.asset.code, priced.given.asset.code):
            await self.open_cash(conversion.investor_id, asset, venue)

    async def open_cash(self, investor_id: UUID, asset: str, venue: str) -> None:
        """The investor's account of an asset, the house's of it, and the one of where it comes from."""
        wanted = [Account(address=cash(investor_id), asset=asset)]
        # What the house owes and is owed may stand on either side of zero.
        wanted += [
            Account(address=HOUSE, asset=asset, floor=None),
            Account(address=FEES, asset=asset, floor=0),
            Account(address=SPREAD, asset=asset, floor=0),
            Account(address=venue_account(venue), asset=asset, normal="debit", floor=None),
        ]
        new = tuple(one for one in wanted if (one.address, one.asset) not in self._open)
        if new:
            await self._ledger.open_accounts(OpenAccounts(accounts=new))
            self._open |= {(one.address, one.asset) for one in new}
            if len(self._open) > 100_000:  # a memory, not a promise: begun anew now and then
                self._open.clear()
