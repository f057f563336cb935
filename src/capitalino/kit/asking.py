"""The asker's end of a peer elsewhere: questions leave in sheaves, answers arrive at one inbox."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from opentelemetry import context as trace_context
from opentelemetry import propagate
from pydantic import BaseModel
from pydantic_core import from_json

from capitalino.kit.bus import Bus
from capitalino.kit.errors import AppError, Kind, PeerUnavailable, RemoteRefusal
from capitalino.kit.sheaf import DATA, QUESTIONS_BYTES_MAX, Sheaf, numbers, question_line, read_answer
from capitalino.kit.tasks import Deadlines

log = structlog.get_logger()
NOBODY_LISTENS = "503"
"""What the server puts into an inbox when nobody has subscribed to what was asked."""


class Inbox:
    """Where one peer's answers arrive: one subscription, whatever the number of methods and questions."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._nc: Client | None = None
        self._subject = ""
        self._roads: dict[str, Far] = {}

    def road(self, what: str, answer: type[BaseModel]) -> "Far":
        """The way to one method."""
        self._roads[what] = far = Far(self, what, answer)
        return far

    @property
    def is_there(self) -> bool:
        """The bus was opened; asking before that is our own mistake."""
        return self._bus.nc is not None

    async def publish(self, what: str, lines: list[bytes]) -> None:
        """Ask, to be answered here. The answer's subject says which sheaf it is about."""
        nc, asked = self._bus.nc, numbers(lines)
        if nc is not self._nc:
            self._nc, self._subject = nc, nc.new_inbox()
            await nc.subscribe(f"{self._subject}.>", cb=self._take)
        reply = f"{self._subject}.{what}.{asked.start}.{asked.stop}"
        await nc.publish(f"rpc.{what}", b"\n".join(lines), reply=reply)

    async def _take(self, msg: Msg) -> None:
        what, first, end = msg.subject.removeprefix(f"{self._subject}.").rsplit(".", 2)
        if (far := self._roads.get(what)) is None:
            return  # the answer to what was asked over a connection that was closed since
        if msg.headers and msg.headers.get("Status") == NOBODY_LISTENS:
            far.fail(range(int(first), int(end)), f"Nobody serves {what}.")
            return
        for line in msg.data.split(b"\n"):
            try:
                number, word, body = read_answer(line)
            except ValueError:
                log.warning("peer.not_an_answer", method=what, size=len(line))
            else:
                far.take(number, word, body)


class Far:
    """One method of a peer elsewhere."""

    def __init__(self, inbox: Inbox, what: str, answer: type[BaseModel]) -> None:
        self._inbox, self._what, self._answer = inbox, what, answer
        self._asked = 0
        self._deadlines = Deadlines(self._late)
        self._waiting: dict[int, tuple[asyncio.Future[BaseModel], set[int]]] = {}
        self._sheaf = Sheaf(self._send, QUESTIONS_BYTES_MAX)

    def start(
        self, message: BaseModel, due: float, loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[BaseModel]:
        """Ask with all others of this turn. What comes of it is there at `due` at the latest."""
        assert self._inbox.is_there
        carried, body = _carried(), message.model_dump_json().encode()
        self._asked = number = self._asked + 1  # without gaps: sheaves are known by their first and last
        self._sheaf.add(question_line(number, due - loop.time(), carried, body))
        future: asyncio.Future[BaseModel] = loop.create_future()
        self._waiting[number] = future, self._deadlines.add(number, due, loop)
        return future

    def take(self, number: int, word: bytes, body: bytes) -> None:
        """An answer to one of our questions. It may come too late, or to one who has left."""
        if (future := self._over(number)) is None:
            return
        try:
            if word == DATA:
                future.set_result(self._answer.model_validate_json(body))
            else:
                future.set_exception(_refusal(from_json(body)))
        except ValueError as error:  # this one is not understood; its neighbours may well be
            future.set_exception(error)

    def fail(self, asked: Iterable[int], why: str, cause: Exception | None = None) -> None:
        """Tell who still waits for these that it is not known what became of them."""
        for number in [*asked]:  # whose time is over are taken out of there
            if (future := self._over(number)) is not None:
                error = PeerUnavailable(why, peer=self._what)
                error.__cause__ = cause
                future.set_exception(error)

    def _late(self, asked: Iterable[int]) -> None:
        self.fail(asked, f"{self._what} did not answer in time.")

    def _over(self, number: int) -> asyncio.Future[BaseModel] | None:
        if (found := self._waiting.pop(number, None)) is None:
            return None
        future, waiting = found
        waiting.discard(number)
        return None if future.done() else future

    async def _send(self, lines: list[bytes]) -> None:
        try:
            await self._inbox.publish(self._what, lines)
        except (NatsError, OSError) as error:
            self.fail(numbers(lines), f"{self._what} could not be asked.", error)


def _carried() -> bytes:
    """What goes along with a question, if there is any: the trace and the id of the request."""
    carrier: dict[str, str] = {}
    if trace_context.get_current():  # without a trace there is nothing to look for
        propagate.inject(carrier)
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        carrier["request-id"] = request_id
    return json.dumps(carrier).encode() if carrier else b""


def _refusal(told: dict[str, Any]) -> AppError:
    if told["code"] == PeerUnavailable.code:
        return PeerUnavailable(told["message"], **told["details"])
    return RemoteRefusal(told["code"], Kind(told["kind"]), told["message"], told["details"])
