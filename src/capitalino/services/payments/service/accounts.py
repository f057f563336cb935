"""The ledger accounts that payments needs, opened when they are first needed."""

from uuid import UUID

from capitalino.contracts.ledger.api import Account, LedgerAccounts, OpenAccounts, ReadBalances
from capitalino.money import Money
from capitalino.services.payments.domain.payments import (
    FEES,
    HISTORY,
    HOUSE,
    INVENTORY,
    SPREAD,
    Conversion,
    cash,
    venue_account,
)


class Accounts:
    """Opens accounts; what this process has opened once is not asked for again."""

    def __init__(self, ledger: LedgerAccounts) -> None:
        self._ledger = ledger
        self._open: set[tuple[str, str]] = set()

    async def open_for(self, conversion: Conversion) -> None:
        """The investor's two accounts, and the house's."""
        priced = conversion.quote.priced
        venue = HISTORY if conversion.effective_at else None
        for asset in (priced.taken.asset.code, priced.given.asset.code):
            await self.open_cash(conversion.investor_id, asset, venue)
            if conversion.settlement == "inventory":
                await self._open_new(Account(address=INVENTORY, asset=asset, floor=0))

    async def open_filled(self, conversion: Conversion) -> None:
        """What we have at the venues where it was filled, whichever they were."""
        for venue in {part.venue for part in conversion.fills}:
            await self._open_new(*(_at(venue, asset) for asset in conversion.quote.instrument))

    async def open_cash(self, investor_id: UUID, asset: str, venue: str | None) -> None:
        """The investor's account of an asset, the house's of it, and the one of where it comes from."""
        wanted = [Account(address=cash(investor_id), asset=asset)]
        # What the house owes and is owed may stand on either side of zero.
        wanted += [
            Account(address=HOUSE, asset=asset, floor=None),
            Account(address=FEES, asset=asset, floor=0),
            Account(address=SPREAD, asset=asset, floor=0),
        ]
        if venue is not None:
            wanted.append(_at(venue, asset))
        await self._open_new(*wanted)

    async def has(self, investor_id: UUID, money: Money) -> bool:
        """Whether an investor has that much now. It may be another answer in a moment."""
        found = await self._ledger.read_balances(ReadBalances(addresses=(cash(investor_id),)))
        of_asset = (one.available for one in found.balances if one.asset == money.asset.code)
        return next(of_asset, 0) >= money.units

    async def _open_new(self, *wanted: Account) -> None:
        new = tuple(one for one in wanted if (one.address, one.asset) not in self._open)
        if new:
            await self._ledger.open_accounts(OpenAccounts(accounts=new))
            self._open |= {(one.address, one.asset) for one in new}
            if len(self._open) > 100_000:  # a memory, not a promise: begun anew now and then
                self._open.clear()


def _at(venue: str, asset: str) -> Account:
    return Account(address=venue_account(venue), asset=asset, normal="debit", floor=None)
