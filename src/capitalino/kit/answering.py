"""The other end of a peer: answers what comes over the bus, each question in a task of its own."""

import asyncio
import json
from typing import Any

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from opentelemetry import context as trace_context
from opentelemetry import propagate
from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from capitalino.kit.bus import Bus
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.rpc import DEADLINE_S, answered, calls, deadline, service_name

REPLY_BYTES_MAX = 1_000_000


class Misunderstood(AppError):
    """The question is not one that this peer knows: the two are of different versions."""

    code = "invalid_request"
    kind = Kind.INVALID


async def serve(protocol: type, target: object, bus: Bus) -> list[Subscription]:
    """Answer other processes on behalf of `target` until unsubscribed."""
    taken = []
    for name, (question, _) in calls(protocol).items():
        one = _Answering(getattr(target, name), question, f"{service_name(protocol)}.{name}")
        taken.append(await bus.nc.subscribe(f"rpc.{one.what}", queue=service_name(protocol), cb=one.take))
    return taken


class _Answering:
    def __init__(self, method: Any, question: type[BaseModel], what: str) -> None:
        self._method, self._question, self.what = method, question, what
        self._running: set[asyncio.Task[None]] = set()

    async def take(self, msg: Msg) -> None:
        task = asyncio.create_task(self._answer(msg))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, msg: Msg) -> None:
        headers = msg.headers or {}
        left = int(headers.get("deadline-ms", DEADLINE_S * 1000)) / 1000
        deadline.set(asyncio.get_running_loop().time() + left)
        trace_context.attach(propagate.extract(headers))
        structlog.contextvars.bind_contextvars(request_id=headers.get("request-id"))
        body: dict[str, Any]
        try:
            answer = await answered(self._method, self._understood(msg.data), self.what)
            body = {"data": answer.model_dump(mode="json")}
        except AppError as error:
            told = {"code": error.code, "kind": error.kind, "message": error.message}
            body = {"error": {**told, "details": error.details}}
        reply = json.dumps(body, default=to_jsonable_python, separators=(",", ":")).encode()
        assert len(reply) < REPLY_BYTES_MAX, f"the answer of {self.what} is too large for the bus"
        await msg.respond(reply)

    def _understood(self, data: bytes) -> BaseModel:
        try:
            return self._question.model_validate_json(data)
        except ValidationError as error:
            raise Misunderstood(
                f"The question to {self.what} is not well formed.", errors=str(error)
            ) from error
