"""Conversions that have come into review, each by a way of its own."""

from typing import Any

from capitalino.services.payments.domain.payments import Conversion, State, Step
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.service.conversion_acts import Wish
from capitalino.venues.port import Again, Unknown
from tests.integration.payments.acts import (
    HALF,
    ONE_BTC,
    Around,
    change,
    key,
)
from tests.integration.payments.makers import Wired
from tests.support.sandbox import Sandbox

FILL = Wish(Act.BOOK, attempt=1, base="0.5", quoted="20000.00")


async def again(wired: Wired, one: Conversion) -> Conversion:
    """Driven once more."""
    await wired.conversions._driver.drive(one.conversion_id)
    return await wired.conversions.find(one.investor_id, one.conversion_id)


async def begun(wired: Wired) -> Conversion:
    """Half a bitcoin is to be sold; nobody drives it yet."""
    investor = wired.investor(BTC=ONE_BTC)
    conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
    return await wired.conversions.find(investor, conversion_id)


async def stuck(wired: Wired) -> Conversion:
    """Begun, driven, and now in review; how, is in the wiring."""
    found = await again(wired, await begun(wired))
    if found.state is not State.IN_REVIEW:
        await change(wired.db, "update payments.conversion set tries = 8")
        found = await again(wired, found)
    assert found.state is State.IN_REVIEW
    return found


async def lost(*_: Any, **_of: Any) -> None:
    """The venue does not answer."""
    raise Unknown("timeout", "no answer")


async def throttled(*_: Any) -> None:
    """The venue wants to be left alone, for longer than anybody sleeps."""
    raise Again("-1003", "too many", retry_after_s=20)


async def not_booked(wired: Wired) -> Conversion:
    """The order was executed and the books say no."""
    wired.book.barred.add("capture")
    found = await stuck(wired)
    assert (found.step, found.reason) == (Step.FILLED, "ledger.account_barred")
    return found


async def unresolved(wired: Wired) -> Conversion:
    """The venue has never said what became of the order."""
    found = await stuck(wired)
    assert (found.step, found.reason) == (Step.SENT, "payments.unresolved")
    return found


def silent(sandbox: Sandbox, *, executes: bool) -> Any:
    """A venue that executes an order, or not, and then says nothing at all."""
    made = Around.of(sandbox, look_up=lost, **({} if executes else {"place": lost}))
    made.after = lost
    return made
