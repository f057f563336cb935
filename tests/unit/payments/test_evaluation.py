"""How a quote came about: what is kept leads to the quote again, to the unit."""

from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import get_args
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from capitalino.money import ASSETS, Money
from capitalino.services.payments.domain.evaluation import Evaluation, Sourced, roundings
from capitalino.services.payments.domain.payments import Side, Terms, Wanted, price, rates
from capitalino.services.payments.domain.terms import ListedTerms

AT = datetime(2026, 1, 1, tzinfo=UTC)
BTC, EUR = ASSETS["BTC"], ASSETS["EUR"]
PARTS = st.decimals(min_value=0, max_value="0.2", places=8)
MIDS = st.decimals(min_value="0.01", max_value="500000", places=2)
SIDES = st.sampled_from(get_args(Side))


@given(st.integers(1, 10**15), MIDS, SIDES, st.sampled_from(Wanted), PARTS, PARTS)
def test_the_figures_before_rounding_lead_to_the_quote(
    units: int, mid: Decimal, side: Side, wanted: Wanted, spread: Decimal, fee: Decimal
) -> None:
    terms, pair = Terms(spread, fee), (BTC, EUR) if side == "sell" else (EUR, BTC)
    fixed, other = pair if wanted is Wanted.EXACT_IN else pair[::-1]
    quoted = rates(mid, side, terms)
    if not quoted[0]:
        return
    amount = Money(units, fixed)
    priced = price(amount, other, wanted, quoted, terms)
    told = {one.figure: one for one in roundings(amount, other, wanted, priced, terms)}
    assert told["gross"].units == priced.gross.units
    if wanted is Wanted.EXACT_IN:
        assert told["gross"].exact.to_integral_value(ROUND_FLOOR) == priced.gross.units
        assert told["fee"].exact.to_integral_value(ROUND_CEILING) == priced.fee.units
    else:
        # Kept to eighteen decimals, so that what lies just above a whole unit may be shown as it.
        assert 0 <= priced.taken.units - told["taken"].exact <= 1
        assert 0 <= priced.gross.units - told["gross"].exact <= 1


def test_what_is_kept_is_text_and_names_every_source_with_its_age() -> None:
    terms = Terms(Decimal("0.002"), Decimal("0.00100000"))
    amount = Money.parse("0.5", BTC)
    priced = price(amount, EUR, Wanted.EXACT_IN, rates(Decimal(40_000), "sell", terms), terms)
    made = Evaluation(
        Wanted.EXACT_IN,
        amount,
        Sourced(Decimal(39_999), Decimal(40_001), Decimal(40_000), AT, 250, ("binance", "kraken")),
        ListedTerms(uuid4(), "BTC", "EUR", terms, AT),
        roundings(amount, EUR, Wanted.EXACT_IN, priced, terms),
    ).document()
    assert made["sources"] == [{"source": "binance", "age_ms": 250}, {"source": "kraken", "age_ms": 250}]
    assert (made["price"]["mid"], made["terms"]["spread"]) == ("40000", "0.002")
    assert [one["units"] for one in made["roundings"]] == ["1996000", "1996"]
