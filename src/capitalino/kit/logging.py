"""Logs: one JSON line an event, as Elastic's common schema (ECS) names things, with no secrets in it."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from opentelemetry import trace
from pydantic import SecretBytes, SecretStr
from structlog.typing import EventDict, Processor

ECS_VERSION = "9.0.0"
HIDDEN = "[hidden]"
SECRET_WORDS = re.compile(
    r"(^|_)(password|passwd|passphrase|secrets?|tokens?|authorization|cookies?|otp|totp|pin|jwt"
    r"|ticket|challenge|seed|credentials?|mnemonic|xprv|(api|private)_key|recovery_codes?)(_|$)"
    r"|^codes?$"
)
# What gives itself away wherever it stands: passwords in addresses, bearer tokens, JWTs, private keys.
SECRET_TEXT = re.compile(
    r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]+"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)
ECS = {
    "event": "message",
    "level": "log.level",
    "logger": "log.logger",
    "timestamp": "@timestamp",
    "service": "service.name",
    "request_id": "http.request.id",
    "method": "http.request.method",
    "status": "http.response.status_code",
    "path": "url.path",
    "principal": "user.id",
    "trace_id": "trace.id",
    "span_id": "span.id",
    "error": "error.message",
    "refusal": "error.code",
    "exception_type": "error.type",
    "exception": "error.stack_trace",
}


def configure(
    service: str,
    *,
    level: str = "info",
    style: Literal["json", "console"] = "json",
    stream: TextIO | None = None,
) -> None:
    """Send all logs of this process, the standard library's too, to `stream` (stdout)."""
    stream = stream or sys.stdout
    render: list[Processor] = [_as_ecs]
    if style == "console":
        plain = structlog.dev.plain_traceback  # The pretty one shows variables, and secrets with them.
        render = [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lambda _logger, _name, event: {"service": service, **event},
            _with_trace,
            _with_exception,
            without_secrets,
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,  # So that a second call counts for loggers that were used before.
    )
    logging.captureWarnings(capture=True)
    logging.basicConfig(handlers=[_Through()], level=level.upper(), force=True)


class _Through(logging.Handler):
    """Hands what the standard library's loggers say to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        level = max(logging.DEBUG, record.levelno // 10 * 10)
        said = structlog.get_logger()
        said.log(
            min(level, logging.CRITICAL), record.getMessage(), logger=record.name, exc_info=record.exc_info
        )


def without_secrets(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """The event with every secret replaced, by its name, its type or its look."""
    return {key: HIDDEN if _is_secret(key) else _clean(value) for key, value in event.items()}


def _is_secret(name: object) -> bool:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name)).lower().replace("-", "_")
    return SECRET_WORDS.search(text) is not None


def _clean(value: Any) -> Any:
    match value:
        case SecretStr() | SecretBytes():
            return HIDDEN
        case None | bool() | int() | float():
            return value
        case bytes():
            return f"{len(value)} bytes"
        case Mapping():
            return {str(key): HIDDEN if _is_secret(key) else _clean(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(one) for one in value]
        case _:
            return SECRET_TEXT.sub(HIDDEN, str(value))


def _with_trace(_logger: Any, _name: str, event: EventDict) -> EventDict:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = trace.format_trace_id(span.trace_id)
        event["span_id"] = trace.format_span_id(span.span_id)
    return event


def _with_exception(_logger: Any, _name: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else None
    if given is True:
        error = sys.exception()
    if error is not None:
        event["exception_type"] = type(error).__name__
        event["exception"] = "".join(traceback.format_exception(error))
    return event


def _as_ecs(_logger: Any, _name: str, event: EventDict) -> str:
    """Known names as ECS has them; all others are labels, always text, so that no name ever has two types."""
    made: dict[str, Any] = {"ecs.version": ECS_VERSION}
    if (duration_ms := event.pop("duration_ms", None)) is not None:
        made["event.duration"] = round(duration_ms * 1_000_000)
    for name, value in event.items():
        if name in ECS:
            made[ECS[name]] = value
        else:
            made[f"labels.{name}"] = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(made, ensure_ascii=False)
