"""What notifications does when it hears something: keep it in the transaction, wake the sockets after it."""

from typing import Any
from uuid import UUID

from capitalino.contracts.auth.events import SessionClosed, SessionOpened
from capitalino.contracts.ledger.events import EntryPosted
from capitalino.contracts.money_wire import MoneyOut
from capitalino.contracts.payments.events import ConversionRefused, ConversionSettled, DepositSettled
from capitalino.kit.bus import Bus
from capitalino.kit.consumer import Consumer
from capitalino.kit.db import Tx
from capitalino.money import Money, asset
from capitalino.services.notifications.domain import Balance, Notice, owner
from capitalino.services.notifications.service import Notifications

INVESTOR = "notifications.investor"
SESSION = "notifications.session"
Told = ConversionSettled | ConversionRefused | DepositSettled


def consumers(notifications: Notifications, bus: Bus) -> tuple[Consumer[Any], ...]:
    """One for each event that is heard."""
    ear = Ear(notifications, bus)
    return (
        Consumer(EntryPosted, ear.keep_balances, ear.wake_owners),
        Consumer(ConversionSettled, ear.notify, ear.wake_investor),
        Consumer(ConversionRefused, ear.notify, ear.wake_investor),
        Consumer(DepositSettled, ear.notify, ear.wake_investor),
        Consumer(SessionOpened, ear.notify_of_device, ear.wake_of_device),
        Consumer(SessionClosed, ear.keep_nothing, ear.cut),
    )


class Ear:
    """What is done in the transaction, and what after it."""

    def __init__(self, notifications: Notifications, bus: Bus) -> None:
        self._notifications, self._bus = notifications, bus

    async def keep_balances(self, tx: Tx, event: EntryPosted) -> None:
        """The newest balances of those whose money moved."""
        await self._notifications.keep_balances(tx, balances(event))

    async def wake_owners(self, event: EntryPosted) -> None:
        """Their sockets."""
        for investor_id in {one.investor_id for one in balances(event)}:
            await self._wake(investor_id)

    async def notify(self, tx: Tx, event: Told) -> None:
        """Into the inbox."""
        if not is_past(event):
            await self._notifications.notify(tx, event.event_id, notice(event))

    async def wake_investor(self, event: Told) -> None:
        """The investor's sockets."""
        if not is_past(event):
            await self._wake(event.investor_id)

    async def notify_of_device(self, tx: Tx, event: SessionOpened) -> None:
        """Somebody signed in from where this login was never seen."""
        if event.investor_id and event.is_new_device:
            told = Notice(event.investor_id, event.occurred_at, "auth.new_device")
            await self._notifications.notify(tx, event.event_id, told)

    async def wake_of_device(self, event: SessionOpened) -> None:
        """The investor's other sockets."""
        if event.investor_id and event.is_new_device:
            await self._wake(event.investor_id)

    async def keep_nothing(self, tx: Tx, event: SessionClosed) -> None:
        """The sockets are all there is to it."""

    async def cut(self, event: SessionClosed) -> None:
        """Close the session's sockets, in whatever process they are."""
        await self._bus.signal(f"{SESSION}.{event.session_id}", {})

    async def _wake(self, investor_id: UUID) -> None:
        await self._bus.signal(f"{INVESTOR}.{investor_id}", {})


def balances(event: EntryPosted) -> list[Balance]:
    """The investors' balances after the entry."""
    return [
        Balance(
            investor_id,
            line.asset,
            line.posted,
            line.held_out,
            line.held_in,
            line.version,
            event.recorded_at,
        )
        for line in event.lines
        if (investor_id := owner(line.address)) is not None
    ]


def is_past(event: Told) -> bool:
    """History taken over from elsewhere is no news."""
    return getattr(event, "effective_at", None) is not None


def notice(event: Told) -> Notice:
    """What the investor is told of a payment: as money for the screen, as words for the inbox."""
    payment: dict[str, Any]
    if isinstance(event, DepositSettled):
        got = MoneyOut.of(Money(event.units, asset(event.asset))).model_dump()
        payment = {"kind": "deposit", "payment_id": str(event.deposit_id), "state": "settled", **got}
        params = {"deposit_id": str(event.deposit_id), **got, "rail": event.rail}
        return Notice(event.investor_id, event.occurred_at, "payments.deposit_settled", params, payment)
    given = MoneyOut.of(Money(event.from_units, asset(event.from_asset)))
    payment = {"kind": "conversion", "payment_id": str(event.conversion_id), "from": given.model_dump()}
    params = {"conversion_id": str(event.conversion_id), **_named("from", given)}
    if isinstance(event, ConversionRefused):
        payment |= {"state": "refused", "reason": event.reason}
        params |= {"to_asset": event.to_asset, "reason": event.reason}
        code = "payments.conversion_refused"
    else:
        got_for_it = MoneyOut.of(Money(event.to_units, asset(event.to_asset)))
        fee = MoneyOut.of(Money(event.fee_units, asset(event.to_asset)))
        payment |= {"state": "settled", "to": got_for_it.model_dump()}
        params |= _named("to", got_for_it) | _named("fee", fee)
        code = "payments.conversion_settled"
    return Notice(event.investor_id, event.occurred_at, code, params, payment)


def _named(name: str, money: MoneyOut) -> dict[str, str]:
    return {f"{name}_amount": money.amount, f"{name}_asset": money.asset}
