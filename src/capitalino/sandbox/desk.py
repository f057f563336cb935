"""What one exchange of the sandbox keeps for us, and no other sees: balances, orders, what comes and goes."""

from dataclasses import dataclass
from typing import Self

from capitalino.sandbox.balances import Balances
from capitalino.sandbox.deposits import Deposits
from capitalino.sandbox.market import Market
from capitalino.sandbox.orders import Orders
from capitalino.sandbox.store import Store
from capitalino.sandbox.withdrawals import Withdrawals

FEE_IN_QUOTE = {"coinbase", "kraken"}
"""The others take an order's fee from what is received."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One exchange's own state."""

    venue: str
    balances: Balances
    orders: Orders
    deposits: Deposits
    withdrawals: Withdrawals

    @classmethod
    def opened(cls, store: Store, market: Market, confirm_ms: int, venue: str) -> Self:
        """Over the one file and the one market of the sandbox."""
        return cls(
            venue,
            store.balances(venue),
            Orders(store, market, venue, fee_in_quote=venue in FEE_IN_QUOTE),
            Deposits(store, market, confirm_ms, venue),
            Withdrawals(store, market, confirm_ms, venue),
        )
