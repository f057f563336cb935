"""Publishing outbox rows as facts: a batch under its positions, with one answer for all of it.

JetStream's fast batches: every message names in its reply subject the batch and its place in it; the stream
stores each as it comes and answers once the last one is stored. A gap ends the batch, and the answer says
how far it came. What was stored until then is told again and skipped by its position.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import BadSubjectError, ConnectionReconnectingError, MaxPayloadError
from nats.js.errors import APIError, BadRequestError, Error, NoStreamResponseError

from capitalino.kit.bus import Bus
from capitalino.kit.loops import heed_cancellation

ANSWER_S = 10.0
CHUNK = 100  # as many are written at once: other tasks of the process have their turn in between
FLOW = 1000  # the longest batch; also how seldom the stream may say that it is at work
BEGIN, GO_ON, END = 0, 1, 2
NO_RESPONDERS = "503"
IN_ONE_LINE = str.maketrans("\r\n", "  ")
SUBJECT = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
Row = Sequence[Any]
"""Event id, subject, book, key, trace, causation, time written, payload; what follows is not sent."""


class NotStored(Exception):
    """The stream has not said that it has all of a batch. The batch is told again; nothing is lost."""


class Publisher:
    """Publishes what one source tells."""

    def __init__(self, bus: Bus, source: str, *, answer_s: float = ANSWER_S) -> None:
        self._bus, self._source, self._answer_s = bus, source, answer_s
        self._nc: Client | None = None
        self._inbox = ""
        self._batches = count()
        self._answers: dict[str, asyncio.Future[int | Error]] = {}

    async def publish(self, rows: Sequence[Row], at: int) -> None:
        """Publish rows that follow the position `at`, and wait until the stream has them all."""
        nc = self._bus.nc
        if not nc.is_connected:
            raise ConnectionReconnectingError  # rather than keep for later what is told again anyway
        if nc is not self._nc:
            self._nc, self._inbox = nc, nc.new_inbox()
            await nc.subscribe(f"{self._inbox}.*.>", cb=self._hear)
        batch = str(next(self._batches))
        inbox = f"{self._inbox}.{batch}"
        answer = self._answers[batch] = asyncio.get_running_loop().create_future()
        try:
            for first in range(0, len(rows), CHUNK):
                chunk = rows[first : first + CHUNK]
                await _write(nc, b"".join(self._messages(chunk, at, first, len(rows), inbox)))
                await asyncio.sleep(0)
                heed_cancellation()
            async with asyncio.timeout(self._answer_s):
                stored = await answer
            if isinstance(stored, Error):
                raise stored
        except (NoStreamResponseError, BadRequestError):  # there is none, or one from before fast batches
            await self._bus.ensure_stream()
            raise
        except TimeoutError as error:
            raise NotStored(f"no answer from the stream within {self._answer_s} s") from error
        finally:
            answer.cancel()
            del self._answers[batch]
        if stored != len(rows):
            raise NotStored(f"the stream has stored {stored} of {len(rows)} (it takes a NATS from 2.14 on)")

    async def _hear(self, message: Msg) -> None:
        answer = self._answers.get(message.subject.removeprefix(f"{self._inbox}.").partition(".")[0])
        said = _answer(message)
        if said is not None and answer is not None and not answer.done():
            answer.set_result(said)

    def _messages(self, rows: Sequence[Row], at: int, first: int, end: int, inbox: str) -> Iterator[bytes]:
        """The rows as the protocol's bytes. This is the relay's hot path: see `make bench-facts`."""
        source, largest = self._source, self._bus.nc.max_payload
        before, occurred = None, ""
        for number, row in enumerate(rows, first + 1):
            event_id, subject, book, key, trace, causation, written_at, payload, *_ = row
            if written_at != before:  # what one transaction tells has one time
                before, occurred = written_at, written_at.isoformat()
            more = f"traceparent: {_line(trace)}\r\n" if trace else ""
            if causation:
                more += f"causation: {_line(causation)}\r\n"
            head = (
                f"NATS/1.0\r\nevent-id: {event_id}\r\nsource: {source}\r\nposition: {at + number}\r\n"
                f"book: {_line(book)}\r\nkey: {_line(key)}\r\noccurred-at: {occurred}\r\n"
                f"{more}\r\n"
            ).encode()
            body = payload.encode()
            size = len(head) + len(body)
            if size > largest:
                raise MaxPayloadError  # the server would cut the connection
            step = END if number == end else GO_ON if number > 1 else BEGIN
            reply = f"{inbox}.{FLOW}.fail.{number}.{step}.$FI"
            yield f"HPUB {_subject(subject)} {reply} {len(head)} {size}\r\n".encode()
            yield head
            yield body
            yield b"\r\n"


async def _write(nc: Client, data: bytes) -> None:
    """Many messages at once: `Client.publish` checks and copies each by itself, at ten times the price.

    These two are what it ends with. They keep the order with all else that is sent, and wait where the
    server does not keep up.
    """
    await nc._send_command(data)  # noqa: SLF001 - see above
    await nc._flush_pending()  # noqa: SLF001 - see above


def _answer(message: Msg) -> int | Error | None:
    """How many are stored, or why not; None when it is only a sign of life."""
    if (message.headers or {}).get("Status") == NO_RESPONDERS:
        return NoStreamResponseError()
    said = json.loads(message.data)
    if "error" in said:
        try:
            APIError.from_error(said["error"])  # raises the kind that it is
        except APIError as error:
            return error
    return None if "type" in said else said.get("count", 0)


@lru_cache(maxsize=1024)
def _subject(told: str) -> str:
    if not SUBJECT.fullmatch(told):
        raise BadSubjectError
    return f"fact.{told}"


def _line(value: str) -> str:
    """A header's value ends with its line."""
    return value if value.isprintable() else value.translate(IN_ONE_LINE)
