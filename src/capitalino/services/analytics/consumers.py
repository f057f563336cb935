"""What analytics does when it hears something. In whatever order facts come, they end in the same rows."""

from typing import Any
from uuid import UUID

from capitalino.contracts.ledger.events import EntryPosted
from capitalino.contracts.market.events import DayClosed
from capitalino.contracts.payments.events import ConversionSettled, DepositSettled
from capitalino.contracts.users.events import ProfileChanged
from capitalino.kit.consumer import Consumer
from capitalino.kit.db import Tx
from capitalino.services.analytics import store
from capitalino.services.analytics.domain.movements import Movement, fee_of, kind_of, sides
from capitalino.services.analytics.domain.prices import Close
from capitalino.services.analytics.service import Analytics

PAYMENT_IDS = ("conversion_id", "deposit_id", "payment_id")


def consumers(analytics: Analytics) -> tuple[Consumer[Any], ...]:
    """One for each event that is heard."""

    async def keep_entry(tx: Tx, event: EntryPosted) -> None:
        lines = [(line.address, line.asset, line.units) for line in event.lines]
        moves = sides(lines)
        kind = "reversal" if event.kind == "reverse" else kind_of(event.code)
        await analytics.keep_moves(tx, event.effective_at, kind, moves)
        for one in moves:
            fee = fee_of(lines) if len(moves) == 1 else None
            row = (movement_id(event), one.investor_id, kind, event.effective_at)
            await store.book_movement(tx, Movement(*row, left=one.left, came=one.came, fee=fee))

    return (
        Consumer(EntryPosted, keep_entry),
        Consumer(DayClosed, keep_close),
        Consumer(ConversionSettled, keep_conversion),
        Consumer(DepositSettled, keep_deposit),
        Consumer(ProfileChanged, keep_profile),
    )


def movement_id(event: EntryPosted) -> UUID:
    """The payment that the entry belongs to, as its metadata says; else the entry itself."""
    for name in PAYMENT_IDS:
        if name in event.metadata and event.kind != "reverse":
            return UUID(event.metadata[name])
    return event.entry_id


async def keep_close(tx: Tx, event: DayClosed) -> None:
    """A day's last price."""
    await store.save_close(tx, Close((event.base, event.quote), event.on, event.close), event.version)


async def keep_conversion(tx: Tx, event: ConversionSettled) -> None:
    """What it was, and what it cost."""
    left, came = (event.from_asset, event.from_units), (event.to_asset, event.to_units)
    at = event.effective_at or event.occurred_at
    row = (event.conversion_id, event.investor_id, "conversion", at)
    await store.tell_movement(tx, Movement(*row, left=left, came=came, fee=(event.to_asset, event.fee_units)))


async def keep_deposit(tx: Tx, event: DepositSettled) -> None:
    """What came."""
    at = event.effective_at or event.occurred_at
    row = (event.deposit_id, event.investor_id, "deposit", at)
    came = (event.asset, event.units)
    await store.tell_movement(tx, Movement(*row, left=None, came=came, fee=None))


async def keep_profile(tx: Tx, event: ProfileChanged) -> None:
    """In what the investor wants values shown."""
    await store.save_profile(tx, event.investor_id, event.base_asset, event.time_zone, event.version)
