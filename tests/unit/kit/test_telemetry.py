"""A trace goes on in who is asked, by HTTP or NATS headers, without any SDK."""

import pytest
from opentelemetry import trace

from capitalino.kit.telemetry import carried, joined, span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_trace_is_carried_on() -> None:
    with joined({"Traceparent": PARENT}):
        assert carried({"a": "b"}) == {"a": "b", "traceparent": PARENT}
    assert carried() == {}


def test_a_span_belongs_to_the_trace_that_came() -> None:
    with joined({"traceparent": PARENT}), span("ledger.post", postings=2) as begun:
        assert trace.format_trace_id(begun.get_span_context().trace_id) == PARENT.split("-")[1]


@pytest.mark.parametrize("headers", [None, {}, {"traceparent": "nonsense"}])
def test_without_a_trace_nothing_is_carried(headers: dict[str, str] | None) -> None:
    with joined(headers), span("x"):
        assert carried() == {}
