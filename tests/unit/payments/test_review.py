"""What people may do with a payment in review, by its state, its step and its orders."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from uuid import uuid4

import pytest

from capitalino.money import ASSETS, Money
from capitalino.services.payments.domain.payments import (
    Attempt,
    Conversion,
    Deposit,
    Quote,
    State,
    Step,
    Terms,
    Wanted,
    price,
    rates,
)
from capitalino.services.payments.domain.review import (
    FOUR_EYES,
    Act,
    Fill,
    acts,
    deposit_acts,
    is_plausible,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
FREE = Terms(Decimal(0), Decimal(0))
BTC, EUR = ASSETS["BTC"], ASSETS["EUR"]
TRY, BACK, BOOK, CREDIT = Act.TRY_AGAIN, Act.GIVE_BACK, Act.BOOK, Act.CREDIT


def conversion(step: Step, state: State = State.IN_REVIEW) -> Conversion:
    priced = price(Money.parse("0.5", BTC), EUR, Wanted.EXACT_IN, rates(Decimal(40_000), "sell", FREE), FREE)
    quote = Quote(uuid4(), uuid4(), priced, ("BTC", "EUR"), "sell", AT)
    return Conversion(uuid4(), quote.investor_id, quote, state, step, AT)


def order(state: Literal["sent", "filled", "never", "late"]) -> tuple[Attempt, ...]:
    return (Attempt(1, "a" * 32, "binance", AT, state),)


def deposit(reason: str | None, *, nobodys: bool = False, state: State = State.IN_REVIEW) -> Deposit:
    whose = None if nobodys else uuid4()
    return Deposit(uuid4(), whose, Money(1, BTC), state, "binance", "r", "crypto", AT, reason=reason)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", [state for state in State if state is not State.IN_REVIEW])
def test_nothing_is_done_with_what_is_not_in_review(state: State, step: Step) -> None:
    assert acts(conversion(step, state), order("late")) == set()
    assert deposit_acts(deposit("ledger.account_barred", state=state)) == set()


@pytest.mark.parametrize(
    ("step", "orders", "allowed"),
    [
        (Step.BEGUN, (), {TRY, BACK}),
        (Step.HELD, (), {TRY, BACK}),
        (Step.HELD, order("never"), {TRY, BACK, BOOK}),
        (Step.HELD, order("late"), {BACK, BOOK}),  # trying again would order a second time
        (Step.SENT, order("sent"), {TRY, BACK, BOOK}),
        (Step.SENT, order("late"), {TRY, BACK, BOOK}),
        (Step.FILLED, order("filled"), {TRY, BACK}),
        (Step.FILLED, (), {TRY, BACK}),
        (Step.REFUSING, (), {TRY}),
        (Step.REFUSING, order("late"), {TRY, BOOK}),
    ],
)
def test_each_step_allows_what_leads_on_from_it(
    step: Step, orders: tuple[Attempt, ...], allowed: set[Act]
) -> None:
    assert acts(conversion(step), orders) == allowed


def test_only_trying_again_takes_one_person() -> None:
    assert set(Act) - FOUR_EYES == {TRY}


def test_a_deposit_is_tried_again_when_the_books_refused_it_and_else_credited_by_people() -> None:
    assert deposit_acts(deposit("ledger.account_barred")) == {TRY}
    assert deposit_acts(deposit("payments.network_differs")) == {CREDIT}
    assert deposit_acts(deposit("payments.tag_unknown", nobodys=True)) == {CREDIT}


@pytest.mark.parametrize(
    ("base", "quoted", "fits"),
    [
        ("0.5", "20000.00", True),
        ("0.25", "10000.00", True),
        ("0.5", "10000.00", True),
        ("0.5", "9999.99", False),  # less than half the price
        ("0.5", "40000.01", False),
        ("0.50000001", "20000.00", False),  # more than was ordered
        ("0", "20000.00", False),
        ("0.5", "0", False),
    ],
)
def test_an_order_that_cannot_have_been_executed_like_this_is_seen(
    base: str,
    quoted: str,
    fits: bool,  # noqa: FBT001
) -> None:
    fill = Fill(Money.parse(base, BTC).units, Money.parse(quoted, EUR).units)
    assert is_plausible(conversion(Step.SENT), fill) is fits
