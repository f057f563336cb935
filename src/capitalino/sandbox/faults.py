"""Faults on demand: what an exchange does on a bad day, switched on by a test or a curious person."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

Kind = Literal[
    "latency", "429", "5xx", "executed_then_dropped", "hang", "garbage_200", "never_arrived", "silence"
]
Next = Callable[[], Awaitable[web.StreamResponse]]

GARBAGE = "<html><body><h1>Attention required</h1></body></html>"
HANG_S = 60


class Fault(BaseModel):
    """Which operation fails, how, and when: always, at a `rate`, each `nth` call, or the first `times`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str = Field("*", description="place, look_up, cancel, balances, ticker, … or * for all.")
    fault: Kind
    rate: float | None = Field(None, gt=0, le=1, description="The share of calls, drawn with a fixed seed.")
    nth: int | None = Field(None, ge=1)
    times: int | None = Field(None, ge=1)
    delay_ms: int = Field(500, ge=0, le=60_000, description="For latency.")
    retry_after_s: int = Field(1, ge=0, description="For 429.")
    status: int = Field(503, ge=500, le=599, description="For 5xx.")
    executed: bool = Field(
        default=False, description="For 5xx, hang and garbage_200: the call is executed before it fails."
    )
    body: str = Field(GARBAGE, description="For garbage_200.")


class Faults:
    """The faults that are on, and how often each operation was called."""

    def __init__(self, seed: int = 20_240_601) -> None:
        self._on: list[Fault] = []
        self._seen: dict[int, int] = {}
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.calls: Counter[str] = Counter()

    def add(self, fault: Fault) -> None:
        """Switch one on; several may be on at a time, the first that is due acts."""
        self._on.append(fault)

    def clear(self) -> None:
        """Switch all off."""
        self._on.clear()
        self._seen.clear()
        self._chance = random.Random(self._seed)  # noqa: S311

    def on(self) -> tuple[Fault, ...]:
        """Those that are on."""
        return tuple(self._on)

    def due(self, operation: str) -> Fault | None:
        """Count a call, and say what befalls it."""
        self.calls[operation] += 1
        for fault in self._on:
            if fault.operation in {operation, "*"} and self._strikes(fault):
                return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        seen = self._seen[id(fault)] = self._seen.get(id(fault), 0) + 1
        if fault.times is not None and seen > fault.times:
            return False
        if fault.nth is not None and seen % fault.nth:
            return False
        return fault.rate is None or self._chance.random() < fault.rate


async def befall(fault: Fault, request: web.Request, proceed: Next) -> web.StreamResponse:
    """Answer a request in the way of the fault."""
    if fault.fault == "latency":
        await asyncio.sleep(fault.delay_ms / 1000)
        return await proceed()
    if fault.fault == "429":
        text = '{"code":-1003,"msg":"Too many requests."}'
        headers = {"Retry-After": str(fault.retry_after_s)}
        return web.Response(status=429, text=text, content_type="application/json", headers=headers)
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
