"""A rate stands on fresh sources that agree, each group of them counted once; else there is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capitalino.services.market.domain.bank_days import published_at
from capitalino.services.market.domain.evaluation import Evaluation, Good, Refusal, Rules, evaluate
from capitalino.services.market.domain.rates import Sheet, Source, apart

ECB = Source("ecb", "ecb", is_daily=True)
FRANKFURTER = Source("frankfurter", "ecb", is_daily=True)
FRANKFURTER_V2 = Source("frankfurter_v2", "ecb", is_daily=True)
OXR = Source("oxr", "oxr", is_daily=False)
BANK = Source("bank", "bank", is_daily=False)
ALL = (ECB, FRANKFURTER, FRANKFURTER_V2, OXR)
SUNDAY = datetime(2026, 11, 22, 9, tzinfo=UTC)
FRIDAY = published_at(SUNDAY.date() - timedelta(days=2))
PAIR = ("EUR", "USD")


def sheet(source: Source, rate: str | Decimal, at: datetime | None = None) -> Sheet:
    """What a source says of the dollar: Friday's file, or a minute ago."""
    at = at or (FRIDAY if source.is_daily else SUNDAY - timedelta(minutes=1))
    return Sheet("EUR", at, {"USD": Decimal(rate)})


def judged(
    *,
    rules: Rules | None = None,
    now: datetime = SUNDAY,
    last_good: str | None = None,
    groups: int = 2,
    **told: str,
) -> Evaluation:
    """What becomes of what the sources that are named say."""
    known = {source.name: source for source in (*ALL, BANK)}
    sheets: dict[Source, Any] = {known[name]: sheet(known[name], rate) for name, rate in told.items()}
    kept = None if last_good is None else Good(Decimal(last_good), groups)
    return evaluate(PAIR, sheets, rules or Rules(), now, kept)


def verdicts(evaluation: Evaluation) -> dict[str, str]:
    """What became of each source."""
    return {opinion.source.name: opinion.verdict.value for opinion in evaluation.opinions}


def test_all_good_the_rate_is_the_middle_of_the_groups() -> None:
    found = judged(ecb="1.1510", frankfurter="1.1510", oxr="1.1520")
    assert found.rate == Decimal("1.1515")
    assert set(verdicts(found).values()) == {"accepted"}
    assert (found.told_at, found.age) == (FRIDAY, SUNDAY - FRIDAY)
    assert found.refusal is None


def test_the_weekend_fridays_rate_is_fresh_on_sunday() -> None:
    assert judged(ecb="1.1510").rate == Decimal("1.1510")


@pytest.mark.parametrize(
    ("now", "rate"),
    [
        (datetime(2026, 11, 23, 14, tzinfo=UTC), Decimal("1.1510")),
        (datetime(2026, 11, 23, 18, 59, tzinfo=UTC), Decimal("1.1510")),
        (datetime(2026, 11, 23, 19, 1, tzinfo=UTC), None),
    ],
)
def test_fridays_rate_is_fresh_until_mondays_is_overdue(now: datetime, rate: Decimal | None) -> None:
    found = judged(ecb="1.1510", now=now)
    assert found.rate == rate
    assert verdicts(found) == {"ecb": "accepted" if rate else "stale"}


def test_a_file_a_week_old_is_left_out() -> None:
    old = {ECB: sheet(ECB, "1.1510", FRIDAY - timedelta(days=7)), OXR: sheet(OXR, "1.1520")}
    found = evaluate(PAIR, old, Rules(), SUNDAY)
    assert (found.rate, verdicts(found)) == (Decimal("1.1520"), {"ecb": "stale", "oxr": "accepted"})


def test_a_live_source_of_three_hours_ago_is_left_out() -> None:
    old = {ECB: sheet(ECB, "1.1510"), OXR: sheet(OXR, "1.1520", SUNDAY - timedelta(hours=3))}
    found = evaluate(PAIR, old, Rules(), SUNDAY)
    assert (found.rate, verdicts(found)["oxr"]) == (Decimal("1.1510"), "stale")


def test_a_source_that_speaks_of_the_future_is_left_out() -> None:
    ahead = {ECB: sheet(ECB, "1.1510"), OXR: sheet(OXR, "1.1520", SUNDAY + timedelta(minutes=3))}
    assert verdicts(evaluate(PAIR, ahead, Rules(), SUNDAY))["oxr"] == "ahead"


def test_a_fat_finger_times_ten_is_left_out() -> None:
    found = judged(ecb="11.510", frankfurter="1.1510", oxr="1.1520")
    assert found.rate == Decimal("1.1515")
    assert verdicts(found) == {"ecb": "outlier", "frankfurter": "accepted", "oxr": "accepted"}


def test_correlated_sources_that_share_a_mistake_do_not_outvote_an_independent_one() -> None:
    found = judged(ecb="11.510", frankfurter="11.510", frankfurter_v2="11.510", oxr="1.1520")
    assert (found.rate, found.refusal) == (None, Refusal.DISPUTED)


def test_correlated_sources_are_one_group_for_the_quorum() -> None:
    found = judged(ecb="1.1510", frankfurter="1.1510", frankfurter_v2="1.1510", rules=Rules(quorum=2))
    assert (found.rate, found.refusal) == (None, Refusal.NO_QUORUM)
    assert judged(ecb="1.1510", oxr="1.1510", rules=Rules(quorum=2)).rate == Decimal("1.1510")


def test_two_that_differ_by_eight_percent_are_refused() -> None:
    found = judged(ecb="1.1510", oxr="1.2431")
    assert (found.rate, found.refusal) == (None, Refusal.DISPUTED)
    assert set(verdicts(found).values()) == {"outlier"}


def test_three_that_all_differ_are_refused_though_one_is_in_the_middle() -> None:
    found = judged(ecb="11.5", frankfurter="1.15", oxr="1.30")
    assert (found.rate, found.refusal) == (None, Refusal.DISPUTED)


def test_a_majority_of_independent_groups_carries_a_rate() -> None:
    found = judged(ecb="1.1510", oxr="1.1520", bank="1.30")
    assert (found.rate, verdicts(found)["bank"]) == (Decimal("1.1515"), "outlier")


def test_nothing_at_all_is_a_refusal_and_never_a_number() -> None:
    found = evaluate(PAIR, dict.fromkeys(ALL), Rules(), SUNDAY, Good(Decimal("1.15"), 1))
    assert (found.rate, found.found, found.refusal) == (None, None, Refusal.NO_QUORUM)
    assert set(verdicts(found).values()) == {"unseen"}
    assert (found.told_at, found.age) == (None, None)
    assert evaluate(PAIR, {}, Rules(), SUNDAY).refusal is Refusal.NO_QUORUM


def test_a_source_that_does_not_speak_of_a_currency_has_no_say() -> None:
    rials = Sheet("USD", SUNDAY, {"EUR": Decimal("0.8688"), "IRR": Decimal(42105)})
    told = {ECB: sheet(ECB, "1.1510"), OXR: rials}
    found = evaluate(("EUR", "IRR"), told, Rules(), SUNDAY)
    assert verdicts(found) == {"ecb": "unquoted", "oxr": "accepted"}
    assert found.rate == Decimal("48463.3977900552486")


@pytest.mark.parametrize("last_good", ["1.09", "1.21", "11.5", "0.115"])
def test_a_jump_against_the_last_good_rate_is_held(last_good: str) -> None:
    found = judged(ecb="1.1510", oxr="1.1510", last_good=last_good)
    assert (found.rate, found.refusal) == (None, Refusal.HELD)
    assert (found.found, found.last_good) == (Decimal("1.1510"), Good(Decimal(last_good), 2))
    assert found.good is None


def test_more_groups_than_the_last_good_rate_stood_on_are_believed_against_it() -> None:
    assert judged(ecb="1.1510", frankfurter="1.1510", last_good="11.51", groups=1).refusal is Refusal.HELD
    found = judged(ecb="1.1510", oxr="1.1510", last_good="11.51", groups=1)
    assert found.good == Good(Decimal("1.1510"), 2)


@pytest.mark.parametrize("last_good", ["1.10", "1.20"])
def test_a_step_within_the_setting_is_no_jump(last_good: str) -> None:
    assert judged(ecb="1.1510", last_good=last_good).rate == Decimal("1.1510")


def test_an_evaluation_says_the_same_from_the_other_side() -> None:
    found = judged(ecb="1.25", oxr="1.25", last_good="1.20").inverted()
    assert (found.base, found.quote, found.rate) == ("USD", "EUR", Decimal("0.8"))
    assert [opinion.rate for opinion in found.opinions] == [Decimal("0.8")] * 2
    assert found.last_good == Good(Decimal("0.833333333333333333"), 2)
    assert judged().inverted().rate is None


RATE = st.decimals("0.5", "2", places=4, allow_nan=False)
TOLD = st.fixed_dictionaries({}, optional={source.name: RATE for source in (*ALL, BANK)})
QUORUM = st.integers(1, 3)


@given(TOLD, QUORUM, st.none() | RATE)
def test_a_rate_is_never_given_below_the_quorum_and_lies_among_what_was_accepted(
    told: dict[str, Decimal], quorum: int, last_good: Decimal | None
) -> None:
    found = judged(
        rules=Rules(quorum=quorum), last_good=str(last_good) if last_good else None, **_texts(told)
    )
    assert (found.rate is None) == (found.refusal is not None)
    if found.rate is not None:
        accepted = [opinion.rate for opinion in found.accepted if opinion.rate is not None]
        assert min(accepted) <= found.rate <= max(accepted)
        groups = {opinion.source.group for opinion in found.accepted}
        spoke = {opinion.source.group for opinion in found.opinions}
        assert len(groups) >= quorum
        assert len(groups) * 2 > len(spoke)
        assert apart(min(accepted), max(accepted)) < Decimal("0.0202")
        if last_good is not None and len(groups) <= 2:
            assert apart(found.rate, last_good) <= Decimal("0.05")


@given(TOLD, RATE, QUORUM)
def test_a_source_that_repeats_its_group_changes_nothing(
    told: dict[str, Decimal], rate: Decimal, quorum: int
) -> None:
    independent: dict[str, Decimal] = {name: told[name] for name in ("oxr", "bank") if name in told}
    once = judged(rules=Rules(quorum=quorum), ecb=str(rate), **_texts(independent))
    repeated = {"ecb": rate, "frankfurter": rate, "frankfurter_v2": rate, **independent}
    often = judged(rules=Rules(quorum=quorum), **_texts(repeated))
    assert (once.rate, once.refusal) == (often.rate, often.refusal)


@given(RATE, st.integers(-40, 40), st.integers(-40, 40), RATE)
def test_one_liar_among_three_groups_moves_the_rate_no_farther_than_the_honest_ones_lie(
    truth: Decimal, one: int, other: int, lie: Decimal
) -> None:
    honest = [(truth * (1 + Decimal(step) / 10_000)).quantize(Decimal("0.000001")) for step in (one, other)]
    found = judged(ecb=str(honest[0]), oxr=str(honest[1]), bank=str(lie))
    assume(found.rate is not None)
    assert found.rate is not None
    assert apart(found.rate, honest[0]) <= Decimal("0.0101")
    assert found.refusal is None


@given(RATE, st.decimals("3", "1000", places=2, allow_nan=False))
def test_a_whole_group_that_lies_is_refused_and_never_believed(truth: Decimal, factor: Decimal) -> None:
    lie = str(truth * factor)
    found = judged(ecb=lie, frankfurter=lie, frankfurter_v2=lie, oxr=str(truth))
    assert found.refusal is Refusal.DISPUTED


@given(TOLD, st.permutations((*ALL, BANK)))
def test_the_order_of_the_sources_means_nothing(told: dict[str, Decimal], order: list[Source]) -> None:
    sheets: dict[Source, Any] = {
        source: sheet(source, told[source.name]) for source in order if source.name in told
    }
    found = evaluate(PAIR, sheets, Rules(), SUNDAY)
    assert replace(found, opinions=()) == replace(judged(**_texts(told)), opinions=())


def _texts(told: dict[str, Decimal]) -> dict[str, Any]:
    return {name: str(rate) for name, rate in told.items()}
