"""Sheaves: what one turn of the event loop has to say to one subject goes as one NATS message.

A message of the bus costs far more than a question, so both ends of a peer collect lines and bind them. A
sheaf is text: a line is a question or an answer, tabs part its fields. JSON escapes tabs and line breaks, so
what was encoded once is neither escaped nor read again on its way:

    question    number ⇥ milliseconds left ⇥ carried ⇥ the message as JSON
    answer      number ⇥ data ⇥ the answer as JSON
                number ⇥ error ⇥ {"code", "kind", "message", "details"}

`number` is the asker's, and only he knows what it means. `carried` is a JSON object of the request id and the
trace, or empty. Lines share a message and nothing else: each is answered when it is ready, in any sheaf.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

LINES_MAX = 200
"""Of one sheaf. NATS allows a peer as many messages for each that it is asked in (`app/stack/rights.py`)."""
QUESTIONS_BYTES_MAX = 256 * 1024
ANSWERS_BYTES_MAX = 900_000
DATA, ERROR = b"data", b"error"
Send = Callable[[list[bytes]], Awaitable[None]]


class Question(NamedTuple):
    """What one line asks."""

    number: bytes
    left_s: float
    carried: bytes
    body: bytes


def question_line(number: int, left_s: float, carried: bytes, body: bytes) -> bytes:
    """A question as it travels."""
    return b"%d\t%d\t%b\t%b" % (number, left_s * 1000, carried, body)


def read_question(line: bytes) -> Question:
    """A ValueError if it is none."""
    number, left_ms, carried, body = line.split(b"\t", 3)
    return Question(number, int(left_ms) / 1000, carried, body)


def answer_line(number: bytes, word: bytes, body: bytes) -> bytes:
    """An answer, or an error, as it travels."""
    return b"%b\t%b\t%b" % (number, word, body)


def read_answer(line: bytes) -> tuple[int, bytes, bytes]:
    """Number, word and body; a ValueError if it is none."""
    number, word, body = line.split(b"\t", 2)
    return int(number), word, body


def numbers(lines: list[bytes]) -> range:
    """Of an asker's sheaf: he counts up, line by line."""
    first = int(lines[0].split(b"\t", 1)[0])
    return range(first, first + len(lines))


class Sheaf:
    """Collects lines until the turn is over; `send` gets them, and keeps its troubles to itself.

    A line that is larger than a sheaf may be goes alone.
    """

    __slots__ = ("_bound", "_bytes_max", "_send", "_sending", "_size")

    def __init__(self, send: Send, bytes_max: int) -> None:
        self._send, self._bytes_max = send, bytes_max
        self._bound: list[list[bytes]] = []
        self._size = 0
        self._sending: set[asyncio.Task[None]] = set()

    def add(self, line: bytes) -> None:
        """Goes with all others of this turn, as far as they fit."""
        size = len(line) + 1
        if not self._bound:
            task = asyncio.get_running_loop().create_task(self._turn_over())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
            self._bound, self._size = [[line]], size
        elif len(self._bound[-1]) == LINES_MAX or self._size + size > self._bytes_max:
            self._bound.append([line])
            self._size = size
        else:
            self._bound[-1].append(line)
            self._size += size

    async def _turn_over(self) -> None:
        bound, self._bound = self._bound, []
        for lines in bound:
            await self._send(lines)
