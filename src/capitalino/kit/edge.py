"""Around every request: its id, log line and trace, who asks, and the last resort when something breaks."""

import re
import time

import structlog
from opentelemetry import context as trace_context
from opentelemetry import propagate
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from capitalino.kit.auth import Identify
from capitalino.kit.auth.quotas import ALLOWANCE, Quotas
from capitalino.kit.http import crashed
from capitalino.kit.ids import new_id

log = structlog.get_logger()
PROBES = frozenset({"/livez", "/readyz"})
"""Asked every second by whoever watches us: logged only when they say no."""
OK_BELOW = 400
CRASHED = 500
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")


class Edge:
    """Plain ASGI: nothing is buffered, nothing is wrapped twice."""

    def __init__(
        self, app: ASGIApp, identify: Identify, *, show_stack: bool, quotas: Quotas | None = None
    ) -> None:
        self._app, self._show_stack = app, show_stack
        self._state = {"identify": identify, "show_stack": show_stack, "quotas": quotas}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        token = trace_context.attach(propagate.extract(dict(headers)))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        scope.setdefault("state", {}).update(self._state)
        status, begun = 0, time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = MutableHeaders(scope=message)
                given["X-Request-ID"] = request_id
                if "cache-control" not in given:
                    given["Cache-Control"] = "no-store"
                if ALLOWANCE in scope:
                    given.update(scope[ALLOWANCE].headers())
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            log.exception("request.crashed", path=scope["path"])
            if status == 0:
                told = crashed(error, show_stack=self._show_stack, accept=headers.get("accept", ""))
                await told(scope, receive, answer)
            elif (
                status != CRASHED
            ):  # half an answer is out: cut the line, so that nobody takes it for a whole
                raise
        finally:
            took = round((time.perf_counter() - begun) * 1000, 1)
            told = log.debug if scope["path"] in PROBES and status < OK_BELOW else log.info
            told(
                "request.answered",
                method=scope["method"],
                path=scope["path"],
                status=status,
                duration_ms=took,
            )
            trace_context.detach(token)


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.match(given) else str(new_id())
