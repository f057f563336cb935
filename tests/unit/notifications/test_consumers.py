"""What investors are told about their payments, and what is no news."""

from decimal import Decimal
from uuid import UUID

from capitalino.contracts.payments.events import ConversionRefused, ConversionSettled, DepositSettled
from capitalino.services.notifications.consumers import is_past, notice
from tests.support.clock import NOON

ANNA = UUID("018f0000-0000-7000-8000-000000000001")
PAYMENT = UUID("018f0000-0000-7000-8000-000000000002")


def settled() -> ConversionSettled:
    return ConversionSettled(
        conversion_id=PAYMENT,
        investor_id=ANNA,
        from_asset="BTC",
        from_units=1_000_000,
        to_asset="EUR",
        to_units=50_000,
        fee_units=100,
        rate=Decimal("50100.00"),
    )


def test_a_settled_conversion_says_what_left_what_came_and_what_it_cost() -> None:
    told = notice(settled())
    assert told.code == "payments.conversion_settled"
    assert told.payment == {
        "kind": "conversion",
        "payment_id": str(PAYMENT),
        "state": "settled",
        "from": {"amount": "0.01000000", "asset": "BTC"},
        "to": {"amount": "500.00", "asset": "EUR"},
    }
    assert told.params["fee_amount"] == "1.00"


def test_a_refused_conversion_says_why() -> None:
    told = notice(
        ConversionRefused(
            conversion_id=PAYMENT,
            investor_id=ANNA,
            from_asset="BTC",
            from_units=1,
            to_asset="EUR",
            reason="venue.refused",
        )
    )
    assert told.code == "payments.conversion_refused"
    assert told.payment is not None
    assert (told.payment["state"], told.payment["reason"]) == ("refused", "venue.refused")


def test_a_deposit_says_how_much() -> None:
    told = notice(
        DepositSettled(deposit_id=PAYMENT, investor_id=ANNA, asset="ETH", units=10**18, rail="sandbox")
    )
    assert told.code == "payments.deposit_settled"
    assert told.payment is not None
    assert (told.payment["amount"], told.payment["asset"]) == ("1.000000000000000000", "ETH")


def test_params_are_texts_for_sentences() -> None:
    assert all(isinstance(value, str) for value in notice(settled()).params.values())


def test_history_taken_over_is_no_news() -> None:
    assert not is_past(settled())
    assert is_past(settled().model_copy(update={"effective_at": NOON}))
