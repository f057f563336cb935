"""What has become of intents, seen from outside: the rows of the database against what the exchanges did."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.payments_mix import Faulty
from capitalino.money import ASSETS
from capitalino.sandbox.pairs import OPENING, TAKER_FEE
from capitalino.services.payments.domain.payments import cash

CONVERSIONS = """
select c.conversion_id, c.investor_id, c.state, c.reason, c.settled_at, q.side, q.base,
       q.from_asset, q.from_units, q.to_asset, q.to_units
  from payments.conversion c join payments.quote q using (quote_id) where c.investor_id = any($1)"""
ATTEMPTS = """
select conversion_id, client_order_id, venue, state, base_units, left_units
  from payments.attempt where conversion_id = any($1) order by attempt"""
WAITING = """
select count(*) from payments.conversion where investor_id = any($1) and state in ('pending', 'unknown')"""
STUCK = """
select count(*) from ledger.open_hold o left join payments.conversion c using (hold_id)
 where c.conversion_id is null or c.state in ('settled', 'refused')"""
OF_INVESTORS = """
select address, asset, credits_posted - debits_posted as posted, debits_pending as held
  from ledger.account where address = any($1)"""
AT_VENUES = """
select split_part(address, ':', 3) as venue, asset, credits_posted - debits_posted as posted
  from ledger.account where address like 'world:venue:%'"""
FILLED = "select venue, count(*) from payments.attempt where state = 'filled' group by venue"
FINEST = Decimal("0.00000001")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Intent:
    """What an investor of its own wants to exchange, and has the money for."""

    number: int
    investor_id: UUID
    pair: tuple[str, str]
    amount: str

    @property
    def units(self) -> int:
        """Of the asset that leaves."""
        asset = ASSETS[self.pair[0]]
        return int(Decimal(self.amount).scaleb(asset.scale))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A conversion with its orders, and what the exchanges have executed under each order's id."""

    row: Mapping[str, Any]
    orders: tuple[Mapping[str, Any], ...]
    executed: Mapping[str, list[Mapping[str, Any]]]

    @property
    def is_settled(self) -> bool:
        """Whether it went through."""
        return self.row["state"] == "settled"

    @property
    def parts(self) -> int:
        """How many orders may have been executed: one, and one more for each that has left a part."""
        return 1 + sum(one["state"] == "filled" and one["left_units"] > 0 for one in self.orders)

    def spent_twice(self) -> bool:
        """More was executed than is booked, or more often than there are parts."""
        done = sum(bool(self.executed[one["client_order_id"]]) for one in self.orders)
        again = any(len(found) > 1 for found in self.executed.values())
        return (
            again
            or done > self.parts
            or any(self._range(one)[0] > one["base_units"] for one in self._booked())
        )

    def lost(self) -> bool:
        """Something was executed and is in no book, or booked and was not executed."""
        booked = {one["client_order_id"] for one in self._booked()}
        unbooked = any(found and client_id not in booked for client_id, found in self.executed.items())
        return unbooked or any(self._range(one)[1] < one["base_units"] for one in self._booked())

    def _booked(self) -> list[Mapping[str, Any]]:
        return [one for one in self.orders if self.is_settled and one["state"] == "filled"]

    def _range(self, one: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
        """What may have come of an order's base, in units: all; where it was bought, perhaps less the fee."""
        found = self.executed[one["client_order_id"]]
        whole = sum((Decimal(order["executedQty"]) for order in found), Decimal(0))
        fee = Decimal(0)
        if self.row["side"] == "buy":
            fee = whole * TAKER_FEE + FINEST * sum(order["fills"] for order in found)
        scale = ASSETS[self.row["base"]].scale
        return (whole - fee).scaleb(scale), whole.scaleb(scale)


@dataclass
class Verdict:
    """What was found wrong; nothing, that is."""

    double_spends: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    stuck_holds: int = 0
    broken: list[str] = field(default_factory=list)


class Inspection:
    """Reads as an administrator."""

    def __init__(self, connection: asyncpg.Connection, faulty: Faulty) -> None:
        self._sql, self._faulty = connection, faulty

    async def waiting(self, intents: Sequence[Intent]) -> int:
        """How many have not come to an end."""
        found: int = await self._sql.fetchval(WAITING, [one.investor_id for one in intents])
        return found

    async def outcomes(self, intents: Sequence[Intent]) -> dict[int, Outcome]:
        """Of each intent that was taken in."""
        rows = await self._sql.fetch(CONVERSIONS, [one.investor_id for one in intents])
        orders: dict[UUID, list[Any]] = defaultdict(list)
        for one in await self._sql.fetch(ATTEMPTS, [row["conversion_id"] for row in rows]):
            orders[one["conversion_id"]].append(one)
        there = (await self._faulty.state())["orders"]
        numbers = {one.investor_id: one.number for one in intents}
        assert len({row["investor_id"] for row in rows}) == len(rows), "one key, one conversion"
        return {
            numbers[row["investor_id"]]: Outcome(
                row,
                tuple(orders[row["conversion_id"]]),
                {
                    one["client_order_id"]: [
                        order
                        for order in there.get(one["client_order_id"], ())
                        if Decimal(order["executedQty"])
                    ]
                    for one in orders[row["conversion_id"]]
                },
            )
            for row in rows
        }

    async def judge(self, intents: Sequence[Intent], outcomes: Mapping[int, Outcome]) -> Verdict:
        """Everything that must hold."""
        found = Verdict(
            {number for number, one in outcomes.items() if one.spent_twice()},
            {number for number, one in outcomes.items() if one.lost()},
            await self._sql.fetchval(STUCK),
        )
        for row in await self._sql.fetch("select broken, what from ledger.check_books()"):
            found.broken.append(f"{row['broken']}: {row['what']}")
        await self._investors(intents, outcomes, found)
        await self._venues(found)
        return found

    async def _investors(
        self, intents: Sequence[Intent], outcomes: Mapping[int, Outcome], found: Verdict
    ) -> None:
        """What each has must follow from what they had and from their quote; who has less has lost it."""
        rows = await self._sql.fetch(OF_INVESTORS, [cash(one.investor_id) for one in intents])
        has = {(row["address"], row["asset"]): (int(row["posted"]), int(row["held"])) for row in rows}
        for one in intents:
            outcome = outcomes.get(one.number)
            gave, got = one.pair
            taken, given = 0, 0
            if outcome is not None and outcome.is_settled:
                taken, given = int(outcome.row["from_units"]), int(outcome.row["to_units"])
            is_open = outcome is not None and outcome.row["state"] not in ("settled", "refused")
            for asset, wanted in ((gave, one.units - taken), (got, given)):
                posted, held = has.get((cash(one.investor_id), asset), (0, 0))
                if posted != wanted or (held and not is_open):
                    found.broken.append(
                        f"intent {one.number} has {posted} ({held} held) of {asset}, not {wanted}"
                    )
                    if posted - held < wanted:
                        found.lost.add(one.number)

    async def _venues(self, found: Verdict) -> None:
        """What we have at each exchange has changed as the books say: to the unit; to a cent an order."""
        balances = (await self._faulty.state())["balances"]
        orders = {row["venue"]: row["count"] for row in await self._sql.fetch(FILLED)}
        for row in await self._sql.fetch(AT_VENUES):
            asset, venue = ASSETS[row["asset"]], row["venue"]
            really = Decimal(balances[venue][asset.code]) - Decimal(OPENING[asset.code])
            booked = -Decimal(row["posted"]).scaleb(-asset.scale)
            allowed = CENT * orders.get(venue, 0) if asset.code == "EUR" else Decimal(0)
            if abs(really - booked) > allowed:
                found.broken.append(f"{venue} has {really} more of {asset.code}, the books say {booked}")
