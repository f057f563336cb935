"""The other end of a peer: answers what comes over the bus, each question in a task of its own."""

import asyncio
import json
from functools import partial
from typing import Any

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from opentelemetry import context as trace_context
from opentelemetry import propagate
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from capitalino.kit.bus import Bus
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.rpc import answered, calls, deadline, service_name
from capitalino.kit.sheaf import ANSWERS_BYTES_MAX, DATA, ERROR, Question, Sheaf, answer_line, read_question

log = structlog.get_logger()
ANSWER_BYTES_MAX = 1_000_000


class Misunderstood(AppError):
    """The question is not one that this peer knows: the two are of different versions."""

    code = "invalid_request"
    kind = Kind.INVALID


async def serve(protocol: type, target: object, bus: Bus) -> list[Subscription]:
    """Answer other processes on behalf of `target` until unsubscribed."""
    taken = []
    for name, (question, _) in calls(protocol).items():
        one = _Answering(bus, getattr(target, name), question, f"{service_name(protocol)}.{name}")
        taken.append(await bus.nc.subscribe(f"rpc.{one.what}", queue=service_name(protocol), cb=one.take))
    return taken


class _Answering:
    def __init__(self, bus: Bus, method: Any, question: type[BaseModel], what: str) -> None:
        self._bus, self._method, self._question, self.what = bus, method, question, what
        self._running: set[asyncio.Task[None] | None] = set()

    async def take(self, msg: Msg) -> None:
        """A sheaf of questions. Their answers go back together where they are ready together."""
        loop = asyncio.get_running_loop()
        answers = Sheaf(partial(self._send, msg.reply), ANSWERS_BYTES_MAX)
        for line in msg.data.split(b"\n"):
            try:
                question = read_question(line)
            except ValueError:
                log.warning("peer.not_a_question", method=self.what, size=len(line))
                continue
            self._running.add(loop.create_task(self._answer(question, loop.time(), answers)))

    async def _answer(self, asked: Question, now: float, answers: Sheaf) -> None:
        try:
            deadline.set(now + asked.left_s)
            if asked.carried:
                carried = json.loads(asked.carried)
                trace_context.attach(propagate.extract(carried))
                structlog.contextvars.bind_contextvars(request_id=carried.get("request-id"))
            body = await answered(self._said, self._understood(asked.body), self.what)
            answers.add(answer_line(asked.number, DATA, body))
        except AppError as error:
            told = {"code": error.code, "kind": error.kind, "message": error.message}
            body = to_json({**told, "details": error.details}, serialize_unknown=True)
            answers.add(answer_line(asked.number, ERROR, body))
        finally:
            self._running.discard(asyncio.current_task())

    def _understood(self, body: bytes) -> BaseModel:
        try:
            return self._question.model_validate_json(body)
        except ValidationError as error:
            raise Misunderstood(
                f"The question to {self.what} is not well formed.", errors=str(error)
            ) from error

    async def _said(self, question: BaseModel) -> bytes:
        answer: BaseModel = await self._method(question)
        body = answer.model_dump_json().encode()
        assert len(body) < ANSWER_BYTES_MAX, f"the answer of {self.what} is too large for the bus"
        return body

    async def _send(self, reply: str, lines: list[bytes]) -> None:
        try:
            await self._bus.nc.publish(reply, b"\n".join(lines))
        except (NatsError, OSError) as error:  # who asked will see that nobody answered in time
            log.warning("peer.not_answered", method=self.what, answers=len(lines), error=str(error))
