"""Traces by OpenTelemetry's API alone: without its SDK they are only passed on, at next to no cost."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, propagate, trace

NAME = "capitalino"


def carried(headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers, of HTTP or NATS, with the present trace among them (W3C traceparent)."""
    carrier = dict(headers or {})
    propagate.inject(carrier)
    return carrier


@contextmanager
def joined(headers: Mapping[str, str] | None) -> Iterator[None]:
    """Inside, the trace is the one that came with the headers."""
    carrier = {name.lower(): text for name, text in (headers or {}).items()}
    token = context.attach(propagate.extract(carrier))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def span(name: str, **attributes: str | bool | int) -> Iterator[trace.Span]:
    """A piece of work that shows in the trace. An exception that leaves it is noted there."""
    with trace.get_tracer(NAME).start_as_current_span(name, attributes=attributes) as begun:
        yield begun
