"""Our HTTP server: in our own process and event loop, until it is told to stop."""

import asyncio
from typing import Any

import httpx
import pytest

from capitalino.kit.server import serve_http
from tests.support.facts import stop, until
from tests.support.keeper import free_port


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Says yes."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"yes"})


async def test_it_serves_until_it_is_cancelled() -> None:
    port = free_port()
    serving = asyncio.create_task(serve_http(app, "127.0.0.1", port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as web:

        async def answers() -> bool:
            try:
                return (await web.get("/")).text == "yes"
            except httpx.ConnectError:
                return False

        await until(answers)
    await stop(serving)
    assert serving.cancelled() or serving.exception() is None


async def test_a_port_that_is_taken_is_said() -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    with pytest.raises(BaseException):  # noqa: B017, PT011 - granian's own, and not a silent one
        await asyncio.wait_for(serve_http(app, "127.0.0.1", port), 10)
    taken.close()
