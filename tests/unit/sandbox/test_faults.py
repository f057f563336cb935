"""When a fault strikes."""

from capitalino.sandbox.faults import Fault, Faults


def struck(fault: Fault, calls: int, operation: str = "place") -> list[int]:
    faults = Faults()
    faults.add(fault)
    return [call for call in range(1, calls + 1) if faults.due(operation)]


def test_it_strikes_every_time() -> None:
    assert struck(Fault(operation="place", fault="hang"), 3) == [1, 2, 3]


def test_it_strikes_the_first_times_only() -> None:
    assert struck(Fault(operation="place", fault="hang", times=2), 5) == [1, 2]


def test_it_strikes_each_nth_time() -> None:
    assert struck(Fault(operation="place", fault="hang", nth=3), 9) == [3, 6, 9]


def test_it_strikes_at_a_rate_and_repeatably() -> None:
    fault = Fault(operation="place", fault="hang", rate=0.3)
    assert struck(fault, 1000) == struck(fault, 1000)
    assert 250 < len(struck(fault, 1000)) < 350


def test_it_leaves_other_operations_alone() -> None:
    assert struck(Fault(operation="cancel", fault="hang"), 3) == []
    assert struck(Fault(operation="*", fault="hang"), 3) == [1, 2, 3]


def test_clearing_ends_it() -> None:
    faults = Faults()
    faults.add(Fault(fault="hang"))
    faults.clear()
    assert faults.due("place") is None
    assert faults.calls["place"] == 1
