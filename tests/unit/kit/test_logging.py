"""Log lines are ECS JSON, from our loggers and others', and hold no secret, whatever it is called."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog
from opentelemetry import context, propagate
from pydantic import SecretBytes, SecretStr

from capitalino.kit.logging import HIDDEN, configure

USER = UUID("01890000-0000-7000-8000-000000000001")
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Where the logs go while the test runs."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure("payments", level="info", stream=stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    root.setLevel(level)


def line(out: io.StringIO) -> dict[str, Any]:
    """The only line that was logged."""
    [text] = out.getvalue().splitlines()
    found: dict[str, Any] = json.loads(text)
    return found


def fail(text: str) -> None:
    raise ValueError(text)


def test_a_line_has_the_names_of_ecs(out: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1", principal=USER)
    structlog.get_logger().info(
        "request.answered", method="GET", path="/a", status=200, duration_ms=1.5, n=[1]
    )
    found = line(out)
    assert found.pop("@timestamp").endswith("Z")
    assert found == {
        "ecs.version": "9.0.0",
        "log.level": "info",
        "message": "request.answered",
        "service.name": "payments",
        "http.request.id": "r-1",
        "user.id": str(USER),
        "http.request.method": "GET",
        "url.path": "/a",
        "http.response.status_code": 200,
        "event.duration": 1_500_000,
        "labels.n": "[1]",
    }


def test_a_bound_service_wins(out: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(service="ledger")
    structlog.get_logger().info("x")
    assert line(out)["service.name"] == "ledger"


def test_the_trace_is_named(out: io.StringIO) -> None:
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    token = context.attach(propagate.extract({"traceparent": f"00-{trace_id}-{span_id}-01"}))
    structlog.get_logger().info("x")
    context.detach(token)
    assert (line(out)["trace.id"], line(out)["span.id"]) == (trace_id, span_id)


def test_what_is_below_the_level_is_not_logged(out: io.StringIO) -> None:
    structlog.get_logger().debug("x")
    assert out.getvalue() == ""


def test_an_exception_has_type_and_stack(out: io.StringIO) -> None:
    try:
        fail("postgresql://app:canary@db/x")
    except ValueError as error:
        structlog.get_logger().exception("crashed")
        structlog.get_logger().error("crashed", exc_info=error)
    for text in out.getvalue().splitlines():
        found = json.loads(text)
        assert found["error.type"] == "ValueError"
        assert "test_logging.py" in found["error.stack_trace"]
        assert f"postgresql://{HIDDEN}@db/x" in found["error.stack_trace"]


def test_the_standard_library_goes_the_same_way(out: io.StringIO) -> None:
    try:
        fail("no")
    except ValueError:
        logging.getLogger("other").exception("it %s", "broke")
    found = line(out)
    assert (found["message"], found["log.logger"], found["log.level"]) == ("it broke", "other", "error")
    assert found["error.type"] == "ValueError"


def test_warnings_go_the_same_way(out: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
        logging.captureWarnings(capture=False)
    assert "old" in line(out)["message"]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "clientSecret",
        "access_token",
        "Set-Cookie",
        "authorization",
        "code",
        "api_key",
    ],
)
def test_secrets_are_known_by_their_names(out: io.StringIO, name: str) -> None:
    structlog.get_logger().info("x", **{name: "canary"}, inner={"a": [{name: "canary"}]})
    assert "canary" not in out.getvalue()
    assert out.getvalue().count(HIDDEN) == 2


@pytest.mark.parametrize(
    "value",
    [
        SecretStr("canary"),
        SecretBytes(b"canary"),
        {"deep": (SecretStr("canary"),)},
        b"canary",
        "nats://auth:canary@127.0.0.1:4222",
        "valkey://:canary@127.0.0.1/0",
        "Authorization: Bearer canary.canary",
        JWT.replace("c2ln", "canary"),
        "-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\ncanary",
    ],
)
def test_secrets_are_known_by_their_type_or_look(out: io.StringIO, value: object) -> None:
    structlog.get_logger().info("x", value=value)
    assert "canary" not in out.getvalue()


def test_what_is_no_secret_stays(out: io.StringIO) -> None:
    structlog.get_logger().info(
        "x", refusal="ledger.insufficient_funds", status_code=3, url="http://a:80/b", on=True
    )
    found = line(out)
    assert found["error.code"] == "ledger.insufficient_funds"
    assert found["labels.status_code"] == "3"
    assert found["labels.url"] == "http://a:80/b"
    assert found["labels.on"] == "true"


def test_people_get_a_plain_line(out: io.StringIO) -> None:
    stream = io.StringIO()
    configure("payments", style="console", stream=stream)
    structlog.get_logger().info("process.started", port=1, password="canary")
    assert "process.started" in stream.getvalue()
    assert "port" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_the_stream_is_stdout_if_not_given(out: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    configure("payments")
    structlog.get_logger().info("hello")
    assert "hello" in capsys.readouterr().out
