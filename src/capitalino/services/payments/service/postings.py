"""The postings of conversions and deposits: where each unit comes from and goes to."""

from capitalino.contracts.ledger.api import Exchange, Posting
from capitalino.money import ASSETS, Money
from capitalino.services.payments.domain.payments import (
    FEES,
    HISTORY,
    HOUSE,
    INVENTORY,
    SPREAD,
    Conversion,
    Deposit,
    cash,
    venue_account,
)


def held(conversion: Conversion) -> tuple[Posting, ...]:
    """What is set aside: the investor's side, towards the house."""
    return _postings((cash(conversion.investor_id), HOUSE, conversion.quote.priced.taken))


def given(conversion: Conversion) -> tuple[Posting, ...]:
    """What the house gives: to the investor, and to the accounts of fee and spread, which show as such."""
    priced = conversion.quote.priced
    return _postings(
        (HOUSE, cash(conversion.investor_id), priced.given),
        (HOUSE, FEES, priced.fee),
        (HOUSE, SPREAD, priced.spread),
    )


def booked(conversion: Conversion) -> tuple[Posting, ...]:
    """What goes with the capture of the hold: the house's side, and the order as it was really filled.

    The difference between the quote's rate and the venue's stays in the house's account: it is the house's,
    not the investor's.
    """
    return given(conversion) + _filled(conversion)


def terms(conversion: Conversion) -> Exchange:
    """What the book holds the house to: the investor gets no more than the quote's rate makes of it."""
    priced = conversion.quote.priced
    return Exchange(
        quote_id=conversion.quote.quote_id,
        rate=priced.rate,
        given=priced.taken.asset.code,
        got=priced.given.asset.code,
    )


def from_inventory(conversion: Conversion) -> tuple[Posting, ...]:
    """All of it at once: the house takes into its inventory, and gives, fee and spread too, from there."""
    priced = conversion.quote.priced
    return _postings(
        (cash(conversion.investor_id), INVENTORY, priced.taken),
        (INVENTORY, cash(conversion.investor_id), priced.given),
        (INVENTORY, FEES, priced.fee),
        (INVENTORY, SPREAD, priced.spread),
    )


def taken_over(conversion: Conversion) -> tuple[Posting, ...]:
    """An exchange of before: its other side lies with whoever kept the books then, not with our house."""
    priced, before = conversion.quote.priced, venue_account(HISTORY)
    return _postings(
        (cash(conversion.investor_id), before, priced.taken),
        (before, cash(conversion.investor_id), priced.given),
        (before, FEES, priced.fee),
        (before, SPREAD, priced.spread),
    )


def arrived(deposit: Deposit) -> tuple[Posting, ...]:
    """What came in, from the venue to the investor."""
    assert deposit.investor_id is not None, "only an attributed deposit is booked"
    return _postings((venue_account(deposit.venue), cash(deposit.investor_id), deposit.money))


def _filled(conversion: Conversion) -> tuple[Posting, ...]:
    """Every part as it was filled, with the venue where it was."""
    base, quoted = (ASSETS[code] for code in conversion.quote.instrument)
    moves: list[tuple[str, str, Money]] = []
    for part in conversion.fills:
        outside = venue_account(part.venue)
        left, right = (HOUSE, outside) if conversion.quote.side == "sell" else (outside, HOUSE)
        moves.append((left, right, Money(part.base_units, base)))
        moves.append((right, left, Money(part.quote_units, quoted)))
    return _postings(*moves)


def _postings(*moves: tuple[str, str, Money]) -> tuple[Posting, ...]:
    """The movements of more than nothing."""
    return tuple(
        Posting(source=source, destination=destination, asset=money.asset.code, units=money.units)
        for source, destination, money in moves
        if money.units
    )
