"""What a service does when it hears a fact."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from capitalino.kit.db import Tx
from capitalino.kit.message import Event

log = structlog.get_logger()
E = TypeVar("E", bound=Event)
AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Consumer(Generic[E]):
    """`handle` runs in the transaction that keeps the position; `after` once it is committed, best effort."""

    event: type[E]
    handle: Callable[[Tx, E], Awaitable[None]]
    after: Callable[[E], Awaitable[None]] | None = None

    @property
    def source(self) -> str:
        """The service that tells it."""
        return self.event.subject.split(".", 1)[0]


async def tell_after(consumer: Consumer[Any], event: Event) -> None:
    """Run `after`; whatever happens there changes nothing about what was heard."""
    assert consumer.after is not None
    try:
        async with asyncio.timeout(AFTER_S):
            await consumer.after(event)
    except Exception:
        log.exception("event.after_failed", subject=event.subject)
