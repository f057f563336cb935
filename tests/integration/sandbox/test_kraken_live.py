"""The sandbox's Kraken stream, spoken to by hand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.support.sandbox import Sandbox


class Stream:
    """A socket that sends and receives JSON."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def ask(self, method: str, **params: Any) -> Any:
        """The answer, whatever else is told before it."""
        await self._socket.send_json({"method": method, "req_id": 7, "params": params})
        return await self.next(lambda message: message.get("req_id") == 7)

    async def next(self, is_wanted: Any) -> Any:
        """The next message of a kind."""
        async with asyncio.timeout(5):
            while True:
                message = await self._socket.receive_json()
                if is_wanted(message):
                    return message


@pytest.fixture
async def stream(sandbox: Sandbox) -> AsyncIterator[Stream]:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{sandbox.kraken_url}/v2") as socket:
        yield Stream(socket)


def ticks(message: Any) -> bool:
    return bool(message.get("channel") == "ticker")


async def test_it_says_hello_and_answers_a_ping(stream: Stream) -> None:
    hello = await stream.next(lambda message: message.get("channel") == "status")
    assert hello["data"][0]["system"] == "online"
    assert (await stream.ask("ping"))["method"] == "pong"


@pytest.mark.parametrize("trigger", [{}, {"event_trigger": "bbo"}])
async def test_a_snapshot_comes_first_and_then_updates(stream: Stream, trigger: dict[str, str]) -> None:
    answer = await stream.ask("subscribe", channel="ticker", symbol=["BTC/EUR"], **trigger)
    assert answer["success"]
    assert (answer["result"]["channel"], answer["result"]["symbol"]) == ("ticker", "BTC/EUR")
    seen = [await stream.next(ticks) for _ in range(3)]
    assert [message["type"] for message in seen] == ["snapshot", "update", "update"]
    for message in seen:
        (tick,) = message["data"]
        assert tick["symbol"] == "BTC/EUR"
        assert tick["bid"] < tick["ask"]


async def test_what_is_no_longer_wanted_is_no_longer_told(stream: Stream) -> None:
    await stream.ask("subscribe", channel="ticker", symbol=["BTC/EUR", "ETH/EUR"], event_trigger="bbo")
    await stream.next(ticks)
    await stream.ask("unsubscribe", channel="ticker", symbol=["BTC/EUR"], event_trigger="bbo")
    await asyncio.sleep(0.3)  # What was on its way when we asked.
    seen = {(await stream.next(ticks))["data"][0]["symbol"] for _ in range(4)}
    assert seen <= {"BTC/EUR", "ETH/EUR"}
    assert {(await stream.next(ticks))["data"][0]["symbol"] for _ in range(3)} == {"ETH/EUR"}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"channel": "ticker", "symbol": ["XBT/EUR"]}, "Currency pair not supported XBT/EUR"),
        ({"channel": "rumours", "symbol": ["BTC/EUR"]}, "Malformed request"),
    ],
)
async def test_what_it_does_not_tell_is_refused(stream: Stream, asked: dict[str, Any], error: str) -> None:
    answer = await stream.ask("subscribe", **asked)
    assert (answer["success"], answer["error"]) == (False, error)


async def test_a_silent_stream_still_beats(sandbox: Sandbox) -> None:
    await sandbox.fail("stream", "silence")
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{sandbox.kraken_url}/v2") as socket:
        stream = Stream(socket)
        await stream.ask("subscribe", channel="ticker", symbol=["BTC/EUR"], event_trigger="bbo")
        kinds = [(await stream.next(lambda message: "channel" in message))["channel"] for _ in range(2)]
    assert kinds == ["heartbeat", "heartbeat"]
