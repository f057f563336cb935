"""Ask a venue through ccxt's client and read its answer: what every venue does in the same way."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import aiohttp
from pydantic import ValidationError

from capitalino.venues.port import Again, Pair, Tick, Unknown, VenueTrouble

T = TypeVar("T")
OLDEST = timedelta(seconds=30)
CLIENT_ORDER_ID = re.compile(r"[0-9a-f]{32}\Z")


class Judge(Protocol):
    """Makes one of the port's three classes of an error of the client."""

    def __call__(self, error: BaseException, *, changes: bool) -> VenueTrouble:
        """`changes`: the call changes something, so an unclear end is Unknown."""
        ...


async def called(judge: Judge, call: Callable[..., Awaitable[Any]], *asked: Any, changes: bool) -> Any:
    """Call ccxt; what it raises names URLs and signatures, so nothing of it is kept."""
    try:
        return await call(*asked)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the client raises its own errors and, on odd answers, any other
        judged = judge(error, changes=changes)
    raise judged


def read(read_it: Callable[[], T], *, changes: bool = False) -> T:
    """Validate a reply. One that cannot be read says nothing about what happened."""
    try:
        return read_it()
    except (ValidationError, ValueError, KeyError):
        pass
    unclear: type[VenueTrouble] = Unknown if changes else Again
    raise unclear("garbage", "the answer is not the venue's")


class Heard:
    """What a stream has told so far. What it tells again, or of long ago, is no news."""

    def __init__(self) -> None:
        self._last: dict[Pair, datetime] = {}

    def is_news(self, tick: Tick) -> bool:
        """Whether it is newer than all before. Raises Again when it is told as new and is not."""
        if tick.received_at - tick.at > OLDEST:
            raise Again("stale", f"the price is older than {OLDEST.total_seconds():.0f} s")
        is_newer = tick.pair not in self._last or tick.at > self._last[tick.pair]
        self._last[tick.pair] = max(tick.at, self._last.get(tick.pair, tick.at))
        return is_newer


def fresh(tickers: Mapping[str, Any], seen: dict[str, Any]) -> list[tuple[str, Any]]:
    """What the client has heard since the last look, by name.

    It wakes us for one pair, and what it gives us then leaves out all that came for others in that moment.
    """
    news = [(name, ticker) for name, ticker in tickers.items() if seen.get(name) is not ticker]
    seen.update(news)
    return news


def check_client_id(client_id: str) -> None:
    """Our ids fit every venue, so another form is our own mistake."""
    assert CLIENT_ORDER_ID.match(client_id), "an id of ours is 32 hex characters"


def without_answer(error: BaseException, unclear: type[VenueTrouble]) -> VenueTrouble:
    """No answer came, or none that could be read."""
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientConnectorError):
        return Again("unreachable", "no connection could be made")
    if isinstance(error, TimeoutError | asyncio.TimeoutError) or isinstance(cause, TimeoutError):
        return unclear("timeout", "no answer in time")
    return unclear("dropped", f"the connection ended ({type(cause or error).__name__})")


async def closed(client: Any) -> None:
    """Close its connections, and its session whatever comes in between: a cancellation, a lost socket."""
    session = client.session
    try:
        await client.close()
    finally:
        if session is not None and not session.closed:
            await session.close()
