"""Answer a request in the way of the faults that befall it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from capitalino.sandbox.altered import while_altered
from capitalino.sandbox.faults import GARBAGE, Befallen, Fault
from capitalino.sandbox.throttled import too_many

Next = Callable[[], Awaitable[web.StreamResponse]]

HANG_S = 60
BANNED = 418
"""Binance's status for who goes on asking too often; it says until when."""


async def befall(due: Befallen, request: web.Request, venue: str, proceed: Next) -> web.StreamResponse:
    """The answer, or what there is instead."""
    with while_altered(due.altered):
        if due.ends is not None:
            return await _ended(due.ends, request, venue, proceed)
        answer = await proceed()
    return _doubled(answer) if due.is_doubled else answer


async def _ended(fault: Fault, request: web.Request, venue: str, proceed: Next) -> web.StreamResponse:
    if fault.fault == "latency":
        await asyncio.sleep(fault.delay_ms / 1000)
        return await proceed()
    if fault.fault == "429":
        text = too_many(venue, request.path)
        headers = {"Retry-After": str(fault.retry_after_s)}
        return web.Response(status=429, text=text, content_type="application/json", headers=headers)
    if fault.fault == "shut_out":
        headers = {"Retry-After": str(fault.retry_after_s)} if fault.edge == BANNED else {}
        return web.Response(status=fault.edge, text=GARBAGE, content_type="text/html", headers=headers)
    if fault.executed or fault.fault == "executed_then_dropped":
        await proceed()
    if fault.fault == "5xx":
        return web.Response(status=fault.status, text=GARBAGE, content_type="text/html")
    if fault.fault == "garbage_200":
        return web.Response(text=fault.body, content_type="text/html")
    if fault.fault in {"hang", "silence"}:
        await asyncio.sleep(HANG_S)
    return _dropped(request)


def _dropped(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _doubled(answer: web.StreamResponse) -> web.StreamResponse:
    """The same answer with every row of its list twice."""
    if not isinstance(answer, web.Response) or answer.content_type != "application/json":
        return answer
    return web.json_response(twice(json.loads(answer.text or "null")), status=answer.status)


def twice(told: Any) -> Any:
    """Rows are told twice where they are listed; what they consist of stays as it is."""
    if isinstance(told, list) and told and all(isinstance(row, dict) for row in told):
        return [row for row in told for _ in range(2)]
    if isinstance(told, dict):
        return {
            # Kraken lists the ids of an order's fills.
            name: [one for one in value for _ in range(2)] if name == "trades" else twice(value)
            for name, value in told.items()
        }
    return told
