"""Calling another service: the same Protocol, met by the object next door or by a proxy over NATS.

Four rules make both roads equal: one frozen message in and one out; every command carries its own id; the
same deadline; and never inside a transaction.
"""

import asyncio
import inspect
import json
from contextvars import ContextVar
from typing import Any, get_type_hints

import structlog
from nats.errors import Error as NatsError
from opentelemetry import propagate
from pydantic import BaseModel

from capitalino.kit.bus import Bus
from capitalino.kit.db import outside_transaction
from capitalino.kit.errors import AppError, Kind, PeerUnavailable, RemoteRefusal

log = structlog.get_logger()
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


def time_left() -> float:
    """Seconds until the answer is due, at most the usual deadline."""
    due = deadline.get()
    return DEADLINE_S if due is None else min(due - asyncio.get_running_loop().time(), DEADLINE_S)


class Peer:
    """Stands in for an API. `target` is the object next door, or None to go over the bus."""

    def __init__(self, protocol: type, bus: Bus, target: object | None) -> None:
        for name, (_, answer) in calls(protocol).items():
            what = f"{service_name(protocol)}.{name}"
            road = _far(bus, what, answer) if target is None else _near(target, name, what)
            setattr(self, name, _with_deadline(road, what))


def _with_deadline(road: Any, what: str) -> Any:
    async def ask(message: BaseModel) -> BaseModel:
        outside_transaction()
        left = time_left()
        if left <= 0:
            raise PeerUnavailable(f"There was no time left to ask {what}.")
        token = deadline.set(asyncio.get_running_loop().time() + left)
        try:
            async with asyncio.timeout(left):
                answer: BaseModel = await road(message, left)
                return answer
        except (TimeoutError, NatsError, ConnectionError) as error:
            raise PeerUnavailable(f"{what} did not answer in time.", peer=what) from error
        finally:
            deadline.reset(token)

    return ask


def _near(target: object, name: str, what: str) -> Any:
    method = getattr(target, name)

    async def ask(message: BaseModel, _: float) -> Any:
        # As over the bus, a caller that gives up does not stop what it has asked for.
        return await asyncio.shield(asyncio.ensure_future(answered(method, message, what)))

    return ask


async def answered(method: Any, message: BaseModel, what: str) -> BaseModel:
    """The answer, or the refusal. A crash is told to the caller as what it is for him: nobody answered."""
    try:
        answer: BaseModel = await method(message)
    except AppError:
        raise
    except Exception as error:
        log.exception("peer.crashed", method=what)
        raise PeerUnavailable(f"{what} could not answer.", peer=what) from error
    return answer


def _far(bus: Bus, what: str, answer: type[BaseModel]) -> Any:
    async def ask(message: BaseModel, left: float) -> BaseModel:
        headers = {"deadline-ms": str(int(left * 1000))}
        propagate.inject(headers)
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            headers["request-id"] = request_id
        question = message.model_dump_json().encode()
        reply = await bus.nc.request(f"rpc.{what}", question, timeout=left + 1, headers=headers)
        body = json.loads(reply.data)
        if error := body.get("error"):
            if error["code"] == PeerUnavailable.code:
                raise PeerUnavailable(error["message"], **error["details"])
            raise RemoteRefusal(error["code"], Kind(error["kind"]), error["message"], error["details"])
        return answer.model_validate(body["data"])

    return ask
