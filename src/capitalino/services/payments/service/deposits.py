"""Deposits: an address for each investor and asset, and what arrives there put on the books once."""

import asyncio
import secrets
from uuid import UUID, uuid5

import structlog

from capitalino.contracts.ledger.api import LedgerEntries, PostEntry
from capitalino.contracts.payments.events import DepositSettled
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.ids import step_id
from capitalino.kit.pages import Page
from capitalino.money import ASSETS, Money
from capitalino.services.payments.adapters.arrivals import Arrivals, Arrived
from capitalino.services.payments.domain.payments import (
    FINAL,
    HISTORY,
    Deposit,
    DepositAddress,
    State,
    numbered,
)
from capitalino.services.payments.domain.switches import Flow
from capitalino.services.payments.errors.payments import (
    AmountTooSmall,
    AssetUnknown,
    DepositUnsupported,
    VenueAway,
)
from capitalino.services.payments.errors.staff import FlowClosed
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.postings import arrived
from capitalino.services.payments.store import deposits as store

log = structlog.get_logger()
NAMESPACE = UUID("5b0c54c6-0f3f-5b0e-9f5e-0d6d7a3f9d11")
"""Ids follow from the venue's own reference: the same arrival is the same deposit, however often seen."""
SETTLE_MAX = 100


class Deposits:
    """Watches what arrives."""

    def __init__(
        self, db: Database, ledger: LedgerEntries, accounts: Accounts, arrivals: Arrivals, gate: Gate
    ) -> None:
        self._db, self._ledger, self._accounts, self._arrivals = db, ledger, accounts, arrivals
        self._gate = gate

    @property
    def venue(self) -> str:
        """Where deposits arrive."""
        return self._arrivals.venue

    async def address(self, investor_id: UUID, asset: str) -> DepositAddress:
        """Where this investor sends this asset: the same answer each time."""
        if asset not in ASSETS:
            raise AssetUnknown("We do not keep this asset.", asset=asset)
        if ASSETS[asset].kind != "crypto":
            raise DepositUnsupported("This asset does not arrive at an address.", asset=asset)
        async with self._db.begin() as tx:
            await self._gate.check(tx, Flow.CRYPTO_DEPOSIT, (asset,))
            known = await store.get_address(tx, investor_id, asset)
        if known is not None:
            return known
        network, address = await self._arrivals.address(asset)
        tag = str(10**9 + secrets.randbelow(9 * 10**9))
        async with self._db.begin() as tx:
            await self._gate.check(tx, Flow.CRYPTO_DEPOSIT, (asset,))
            new = DepositAddress(investor_id, ASSETS[asset], network, address, tag)
            await store.add_address(tx, new, self._arrivals.venue)
            known = await store.get_address(tx, investor_id, asset)
        assert known is not None, "the address was just written"
        return known

    async def page(self, investor_id: UUID, wanted: Page) -> list[tuple[int, Deposit]]:
        """An investor's deposits with their positions, the newest first."""
        async with self._db.read() as tx:
            return await store.page(tx, investor_id, wanted)

    async def watch(self) -> int:
        """Look at what the venue has received, and settle what is not on the books; how many that was."""
        async with self._db.begin() as tx:
            begin = await store.listed_from(tx, self.venue)
        try:
            listed = await self._arrivals.since(begin)
        except VenueAway as error:
            await asyncio.sleep(error.details.get("retry_after_s", 0))
            raise
        for one in listed.arrived:
            await self._see(one)
        # Only now: what was not stored has to be listed again, however long we were away in between.
        if listed.watermark != begin:
            async with self._db.begin() as tx:
                await store.set_watermark(tx, self.venue, listed.watermark)
        return await self.settle_pending()

    async def settle_pending(self) -> int:
        """Put on the books what was seen, each for itself; how many were looked at. What is closed waits."""
        async with self._db.begin() as tx:
            waiting = await store.pending(tx, SETTLE_MAX)
        for deposit in waiting:
            try:
                async with self._db.begin() as tx:  # it may have been closed since they were listed
                    if deposit.venue != HISTORY:
                        await self._gate.check(tx, Flow.CRYPTO_DEPOSIT, (deposit.money.asset.code,))
                await self.settle(deposit)
            except FlowClosed:
                log.info("deposit.waits", deposit_id=str(deposit.deposit_id), refusal=FlowClosed.code)
            except AppError as error:
                if error.kind is Kind.UNAVAILABLE:
                    raise
                await self._review(deposit, error.code)
        return len(waiting)

    async def settle(self, deposit: Deposit) -> None:
        """Post it and tell it. Under an id that follows from the deposit, so a repeat changes nothing.

        A refused id is spent: when people have handed the deposit back, the books are asked under the next.
        """
        assert deposit.investor_id is not None, "only an attributed deposit is settled"
        await self._accounts.open_cash(deposit.investor_id, deposit.money.asset.code, deposit.venue)
        await self._ledger.post_entry(
            PostEntry(
                entry_id=step_id(deposit.deposit_id, numbered("entry", deposit.entry_number)),
                code="deposit",
                postings=arrived(deposit),
                effective_at=deposit.effective_at,
                metadata={"deposit_id": str(deposit.deposit_id)},
            )
        )
        async with self._db.begin() as tx:
            current = await store.get(tx, deposit.deposit_id, lock=True)
            assert current is not None, "a deposit is never deleted"
            if current.state in FINAL:
                return
            await store.save_state(tx, deposit.deposit_id, State.SETTLED)
            await tx.emit(
                DepositSettled(
                    deposit_id=deposit.deposit_id,
                    investor_id=deposit.investor_id,
                    asset=deposit.money.asset.code,
                    units=deposit.money.units,
                    rail=deposit.rail,
                    effective_at=deposit.effective_at,
                )
            )

    async def _review(self, deposit: Deposit, why: str) -> None:
        log.error("deposit.not_booked", deposit_id=str(deposit.deposit_id), refusal=why)
        async with self._db.begin() as tx:
            current = await store.get(tx, deposit.deposit_id, lock=True)
            assert current is not None, "a deposit is never deleted"
            if (current.state, current.entry_number) != (State.PENDING, deposit.entry_number):
                return
            number = current.entry_number + 1
            await store.save_state(tx, deposit.deposit_id, State.IN_REVIEW, why, entry_number=number)

    async def _see(self, one: Arrived) -> None:
        async with self._db.begin() as tx:
            given = await store.whose(tx, one.asset, one.tag)
            state, reason = _judged(one, given[1] if given else None)
            deposit = Deposit(
                deposit_id=uuid5(NAMESPACE, f"{self.venue}:{one.reference}"),
                investor_id=given[0] if given else None,
                money=Money(one.units, ASSETS[one.asset]),
                state=state,
                venue=self.venue,
                reference=one.reference,
                rail="crypto",
                seen_at=one.at,
                reason=reason,
            )
            if await store.add(tx, deposit):
                log.info("deposit.seen", deposit_id=str(deposit.deposit_id), asset=one.asset, units=one.units)


def _judged(one: Arrived, network: str | None) -> tuple[State, str | None]:
    """Whether it can be credited: more than nothing, to whom its tag names, where an address was given."""
    if not one.units:
        return State.REFUSED, AmountTooSmall.code
    if network is None:  # the money is safe, and people look at it
        return State.IN_REVIEW, "payments.tag_unknown"
    if one.network != network:
        return State.IN_REVIEW, "payments.network_differs"
    return State.PENDING, None
