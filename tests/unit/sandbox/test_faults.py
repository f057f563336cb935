"""When a fault strikes."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from capitalino.sandbox.befall import twice
from capitalino.sandbox.faults import MESSAGE, Fault, Faults


def struck(fault: Fault, calls: int, operation: str = "place", venue: str = "okx") -> list[int]:
    faults = Faults()
    faults.add(fault)
    return [call for call in range(1, calls + 1) if faults.due(operation, venue).ends]


def test_it_strikes_every_time() -> None:
    assert struck(Fault(operation="place", fault="hang"), 3) == [1, 2, 3]


def test_it_strikes_the_first_times_only() -> None:
    assert struck(Fault(operation="place", fault="hang", times=2), 5) == [1, 2]


def test_it_strikes_each_nth_time() -> None:
    assert struck(Fault(operation="place", fault="hang", nth=3), 9) == [3, 6, 9]


def test_it_strikes_at_the_nth_time_once() -> None:
    assert struck(Fault(operation="place", fault="hang", nth=3, times=1), 9) == [3]


def test_it_strikes_at_a_rate_and_repeatably() -> None:
    fault = Fault(operation="place", fault="hang", rate=0.3)
    assert struck(fault, 1000) == struck(fault, 1000)
    assert 250 < len(struck(fault, 1000)) < 350


def test_the_same_seed_gives_the_same_strikes_whatever_else_is_on() -> None:
    def drawn(seed: int, *more: Fault) -> list[bool]:
        faults = Faults()
        faults.sow(seed)
        for fault in (Fault(operation="place", fault="hang", rate=0.5), *more):
            faults.add(fault)
        return [faults.due("place", "okx").ends is not None for _ in range(50)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert drawn(1, Fault(operation="place", fault="clock_skew", rate=0.5)) == drawn(1)


def test_a_seed_lets_the_chance_of_what_is_on_begin_anew() -> None:
    faults = Faults()
    faults.add(Fault(fault="5xx", rate=0.5))
    faults.sow(7)
    first = [faults.due("place").ends is None for _ in range(50)]
    faults.sow(7)
    assert [faults.due("place").ends is None for _ in range(50)] == first


def test_it_leaves_other_operations_alone() -> None:
    assert struck(Fault(operation="cancel", fault="hang"), 3) == []
    assert struck(Fault(operation="*", fault="hang"), 3) == [1, 2, 3]


def test_it_leaves_other_exchanges_alone() -> None:
    fault = Fault(fault="hang", venue="kraken", times=1)
    assert struck(fault, 3, venue="okx") == []
    assert struck(fault, 3, venue="kraken") == [1]


def test_clearing_ends_it() -> None:
    faults = Faults()
    faults.add(Fault(fault="hang"))
    faults.clear()
    assert faults.due("place").ends is None
    assert faults.calls["place"] == 1


def test_what_changes_an_answer_comes_together_with_what_ends_it() -> None:
    faults = Faults()
    for fault in (
        Fault(fault="clock_skew", skew_ms=-5000),
        Fault(fault="partial_fill", share=Decimal("0.25")),
        Fault(fault="executed_then_dropped", operation="place"),
        Fault(fault="stale"),
    ):
        faults.add(fault)
    due = faults.due("place", "kraken")
    assert due.ends is not None
    assert (due.altered.skew_ms, due.altered.share, due.altered.age_ms) == (-5000, Decimal("0.25"), 0)
    assert faults.due("ticker", "kraken").altered.age_ms == 120_000


def test_messages_are_meant_only_by_name_and_a_gap_always_means_them() -> None:
    assert struck(Fault(fault="latency"), 2, MESSAGE) == []
    assert struck(Fault(fault="latency", operation=MESSAGE), 2, MESSAGE) == [1, 2]
    for operation in ("*", "stream", MESSAGE):
        gap = Fault(fault="gap", operation=operation, nth=2)
        assert struck(gap, 4, MESSAGE) == [2, 4]
        assert struck(gap, 4, "stream") == []


@pytest.mark.parametrize(
    ("fault", "operation"),
    [
        ("partial_fill", "balances"),
        ("duplicate", "balances"),
        ("stale", "place"),
        ("silence", "place"),
        ("gap", "place"),
        ("5xx", "message"),
    ],
)
def test_a_fault_that_could_never_strike_is_refused(fault: str, operation: str) -> None:
    with pytest.raises(ValidationError, match="can befall"):
        Fault.model_validate({"fault": fault, "operation": operation})


def test_rows_are_told_twice_and_what_they_consist_of_once() -> None:
    assert twice([{"levels": [{"a": 1}]}]) == [{"levels": [{"a": 1}]}] * 2
    assert twice({"data": [{"a": 1}], "code": "0"}) == {"data": [{"a": 1}, {"a": 1}], "code": "0"}
    assert twice({"error": [], "result": {"open": {"O1": {"trades": ["T1"]}}}}) == {
        "error": [],
        "result": {"open": {"O1": {"trades": ["T1", "T1"]}}},
    }
    assert twice([[1, 2], [3, 4]]) == [[1, 2], [3, 4]]
