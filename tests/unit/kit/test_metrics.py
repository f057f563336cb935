"""Metrics count by their labels and are written as Prometheus reads them."""

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit.metrics import SERIES_MAX, Counter, Durations, Gauge, Metric, Registry, routes


def test_counters_and_gauges_have_a_line_for_each_label() -> None:
    registry = Registry()
    failures = Counter("loop_failures_total", "Failed rounds.", ["loop"])
    lag = Gauge("relay_lag", "Events not yet published.")
    registry.add(failures, lag)
    failures.add(loop="relay")
    failures.add(loop="relay")
    failures.add(0.5, loop='"a"\n\\')
    lag.set(7)
    lag.set(3)
    assert registry.text() == (
        "# HELP loop_failures_total Failed rounds.\n"
        "# TYPE loop_failures_total counter\n"
        'loop_failures_total{loop="relay"} 2\n'
        'loop_failures_total{loop="\\"a\\"\\n\\\\"} 0.5\n'
        "# HELP relay_lag Events not yet published.\n"
        "# TYPE relay_lag gauge\n"
        "relay_lag 3\n"
    )


def test_durations_are_counted_in_growing_buckets() -> None:
    took = Durations("request_seconds", "How long requests take.", ["route"])
    for seconds in (0.005, 0.03, 99):
        took.observe(seconds, route="/a")
    lines = list(took.lines())
    assert lines[0] == 'request_seconds_bucket{route="/a",le="0.005"} 1'
    assert lines[3] == 'request_seconds_bucket{route="/a",le="0.05"} 2'
    assert lines[-4:] == [
        'request_seconds_bucket{route="/a",le="10.0"} 2',
        'request_seconds_bucket{route="/a",le="+Inf"} 3',
        'request_seconds_sum{route="/a"} 99.035',
        'request_seconds_count{route="/a"} 3',
    ]


def test_ever_new_labels_are_counted_together() -> None:
    seen = Counter("seen_total", "Seen.", ["path"])
    for n in range(SERIES_MAX + 5):
        seen.add(path=str(n))
    seen.add(path="0")
    lines = list(seen.lines())
    assert len(lines) == SERIES_MAX + 1
    assert lines[0] == 'seen_total{path="0"} 2'
    assert lines[-1] == 'seen_total{path="other"} 5'


def test_other_labels_and_a_name_that_is_taken_are_our_mistakes() -> None:
    with pytest.raises(AssertionError, match="has the labels"):
        Counter("a_total", "A.", ["x"]).add(y="1")
    registry = Registry()
    registry.add(Gauge("b", "B."))
    with pytest.raises(AssertionError, match="there already"):
        registry.add(Gauge("b", "B."))
    with pytest.raises(NotImplementedError):
        Metric("c", "C.").lines()


async def test_prometheus_reads_them() -> None:
    registry, app = Registry(), FastAPI()
    registry.add(Counter("a_total", "A."))
    app.include_router(routes(registry))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/metrics")
    assert answer.text == "# HELP a_total A.\n# TYPE a_total counter\n"
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
