"""Calling another service: the same Protocol, met by the object next door or by a proxy over NATS.

Four rules make both roads equal: one frozen message in and one out; every command carries its own id; the
same deadline; and never inside a transaction.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any, TypeVar, get_type_hints

import structlog
from pydantic import BaseModel

from capitalino.kit.asking import Inbox
from capitalino.kit.bus import Bus
from capitalino.kit.db import outside_transaction
from capitalino.kit.errors import AppError, PeerUnavailable
from capitalino.kit.tasks import Deadlines

log = structlog.get_logger()
T = TypeVar("T")
Start = Callable[[BaseModel, float, asyncio.AbstractEventLoop], "asyncio.Future[BaseModel]"]
"""A road: begins what is asked. Its future knows what came of it at the time given, at the latest."""
DEADLINE_S = 2.0
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""When what is being done now has to be answered, in the event loop's time. A call hands on what is left."""


def calls(protocol: type) -> dict[str, tuple[type[BaseModel], type[BaseModel]]]:
    """The methods of an API with their question and answer."""
    found = {}
    for name, function in inspect.getmembers(protocol, inspect.iscoroutinefunction):
        hints = get_type_hints(function)
        answer = hints.pop("return")
        (question,) = hints.values()
        found[name] = (question, answer)
    assert found, f"{protocol.__name__} has no methods to call"
    return found


def service_name(protocol: type) -> str:
    """`capitalino.contracts.ledger.api` belongs to the ledger."""
    return protocol.__module__.split(".")[-2]


class Peer:
    """Stands in for an API. `target` is the object next door, or None to go over the bus."""

    def __init__(self, protocol: type, bus: Bus, target: object | None) -> None:
        inbox = Inbox(bus)
        for name, (_, answer) in calls(protocol).items():
            what = f"{service_name(protocol)}.{name}"
            start = inbox.road(what, answer).start if target is None else _Near(target, name, what).start
            setattr(self, name, _asking(start, what))


def _asking(start: Start, what: str) -> Any:
    async def ask(message: BaseModel) -> BaseModel:
        outside_transaction()
        loop = asyncio.get_running_loop()  # once a call: Python 3.11 asks the kernel who it is each time
        now, due = loop.time(), deadline.get()
        if due is None or due > now + DEADLINE_S:
            due = now + DEADLINE_S
        elif due <= now:
            raise PeerUnavailable(f"There was no time left to ask {what}.")
        return await start(message, due, loop)

    return ask


class _Near:
    """A method of the object next door. As over the bus, who gives up does not stop what he has asked for."""

    def __init__(self, target: object, name: str, what: str) -> None:
        self._method, self._what = getattr(target, name), what
        self._deadlines = Deadlines(self._late)
        self._running: set[asyncio.Task[None] | None] = set()

    def start(
        self, message: BaseModel, due: float, loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[BaseModel]:
        future: asyncio.Future[BaseModel] = loop.create_future()
        waiting = self._deadlines.add(future, due, loop)
        token = deadline.set(due)
        self._running.add(loop.create_task(self._work(message, future, waiting)))
        deadline.reset(token)
        return future

    async def _work(
        self, message: BaseModel, future: asyncio.Future[BaseModel], waiting: set[asyncio.Future[BaseModel]]
    ) -> None:
        try:
            answer = await answered(self._method, message, self._what)
            if not future.done():
                future.set_result(answer)
        except AppError as error:
            if not future.done():
                future.set_exception(error)
        finally:
            waiting.discard(future)
            self._running.discard(asyncio.current_task())
            self._fail((future,), f"{self._what} was stopped.")

    def _late(self, waiting: Iterable[asyncio.Future[BaseModel]]) -> None:
        self._fail(waiting, f"{self._what} did not answer in time.")

    def _fail(self, waiting: Iterable[asyncio.Future[BaseModel]], why: str) -> None:
        for future in waiting:
            if not future.done():
                future.set_exception(PeerUnavailable(why, peer=self._what))


async def answered(method: Callable[[Any], Awaitable[T]], message: BaseModel, what: str) -> T:
    """The answer, or the refusal. A crash is told to the caller as what it is for him: nobody answered."""
    try:
        return await method(message)
    except AppError:
        raise
    except Exception as error:
        log.exception("peer.crashed", method=what)
        raise PeerUnavailable(f"{what} could not answer.", peer=what) from error
