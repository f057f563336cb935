"""Hearing: every fact of a source in order, once in effect, the position kept in the hearer's own schema."""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from nats.aio.msg import Msg
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.bus import Bus
from capitalino.kit.consumer import Consumer, tell_after
from capitalino.kit.db import Database, StorageUnavailable, Tx, caused_by
from capitalino.kit.message import Event
from capitalino.kit.parked import park
from capitalino.kit.pull import Pull, give_back, position_of

log = structlog.get_logger()
__all__ = ["Consumer", "Feed"]
TRIES_MAX = 5
ASK_ROUNDS, DROP_ROUNDS = 4, 25
ASK_AGAIN_S = 5.0


class Feed:
    """All that one service hears of one source."""

    def __init__(self, db: Database, bus: Bus, source: str, consumers: Sequence[Consumer[Any]]) -> None:
        self._db, self._bus, self.source = db, bus, source
        self._by_subject = {f"fact.{consumer.event.subject}": consumer for consumer in consumers}
        self._tries: dict[int, int] = {}
        self._stuck = 0
        self._asked_at = -ASK_AGAIN_S

    async def round(self) -> None:
        """Feed until something breaks; the supervisor calls again."""
        async with Pull(self._bus, self.source) as pull:
            while True:
                messages = await pull.batch()
                if messages:
                    await self.take(messages)
                else:  # all is handled that the stream has; perhaps it has lost what came last
                    await self._ask_again()

    async def take(self, messages: list[Msg]) -> None:
        """Handle a batch in one transaction; when that fails, each alone, so that one does not stop all."""
        messages = sorted(messages, key=position_of)  # what was given back comes again in any order
        failed = False
        try:
            done = await self._handle(messages)
        except StorageUnavailable:
            await give_back(messages)
            raise
        except Exception:  # noqa: BLE001  # told apart one by one below
            done, failed = await self._one_by_one(messages)
        rest = messages[done:]
        self._stuck = self._stuck + 1 if rest and not done and not failed else 0
        if self._stuck >= ASK_ROUNDS:
            await self._ask_again()
        if self._stuck < DROP_ROUNDS:
            await give_back(rest)
            return
        for message in rest:  # they come again behind what is missing; kept, too many would stop the consumer
            await message.ack()

    async def _handle(self, messages: list[Msg]) -> int:
        """How many of the messages, from the first on, are done with; the rest waits for one that misses."""
        heard: list[tuple[Consumer[Any], Event]] = []
        async with self._db.begin() as tx:
            at = first = await self._position(tx)
            done = 0
            for message in messages:
                position = position_of(message)
                if position > at + 1:
                    break
                done += 1
                if position == at + 1:
                    at = position
                    if told := await self._deliver(tx, message):
                        heard.append(told)
            if at > first:
                await self._move(tx, at)
        for message in messages[:done]:
            await message.ack()
        for consumer, event in heard:
            await tell_after(consumer, event)
        return done

    async def _deliver(self, tx: Tx, message: Msg) -> tuple[Consumer[Any], Event] | None:
        consumer = self._by_subject.get(message.subject)
        if consumer is None:
            return None
        event = consumer.event.model_validate_json(message.data)
        async with caused_by(str(event.event_id)):
            await consumer.handle(tx, event)
        return (consumer, event) if consumer.after else None

    async def _one_by_one(self, messages: list[Msg]) -> tuple[int, bool]:
        """How many are done with, and whether the next one failed (and may be tried again)."""
        for done, message in enumerate(messages):
            position = position_of(message)
            try:
                if not await self._handle([message]):
                    return done, False
            except StorageUnavailable:
                return done, True
            except Exception as error:
                tries = self._tries[position] = self._tries.get(position, 0) + 1
                log.exception("event.failed", source=self.source, position=position, tries=tries)
                if tries < TRIES_MAX:
                    return done, True
                await self._park(message, position, error, tries)
            self._tries.pop(position, None)
        return len(messages), False

    async def _park(self, message: Msg, position: int, error: Exception, tries: int) -> None:
        async with self._db.begin() as tx:
            if await self._position(tx) == position - 1:
                await park(tx, self.source, message, f"{type(error).__name__}: {error}", tries)
                await self._move(tx, position)
        log.error("event.parked", source=self.source, position=position)
        await message.ack()

    async def _position(self, tx: Tx) -> int:
        inbox = self._db.schema.kit.inbox
        begun = upsert(inbox).values(source=self.source, position=0).on_conflict_do_nothing()
        await tx.conn.execute(begun)
        query = select(inbox.c.position).where(inbox.c.source == self.source).with_for_update()
        return int((await tx.conn.execute(query)).scalar_one())

    async def _move(self, tx: Tx, position: int) -> None:
        inbox = self._db.schema.kit.inbox
        values = {"position": position, "handled_at": func.now()}
        await tx.conn.execute(inbox.update().where(inbox.c.source == self.source).values(values))

    async def _ask_again(self) -> None:
        """Ask the source's relay for what comes after our position, if anything does. Not too often."""
        if time.monotonic() - self._asked_at < ASK_AGAIN_S:
            return
        async with self._db.begin() as tx:
            at = await self._position(tx)
        self._asked_at = time.monotonic()
        log.debug("events.asked", source=self.source, first=at + 1)
        await self._bus.nc.publish(f"replay.{self.source}", str(at + 1).encode())
