"""A source is read within its time and its size, whatever the other side does."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from capitalino.kit.clock import SYSTEM
from capitalino.services.market.adapters import frankfurter
from capitalino.services.market.adapters.forms import FRANKFURTER
from capitalino.services.market.adapters.port import Form, SourceTrouble
from capitalino.services.market.adapters.reading import SIZE_MAX, Reader
from tests.support.keeper import free_port

GOOD = '{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"USD":1.151}}'
TIMEOUT_S = 2
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def redirect(_: web.Request) -> web.StreamResponse:
    """It has moved."""
    raise web.HTTPFound("/good")


async def drip(request: web.Request) -> web.StreamResponse:
    """A byte now and then: no single wait is long."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    for letter in GOOD * 3:
        await answer.write(letter.encode())
        await asyncio.sleep(0.1)
    return answer


async def bomb(_: web.Request) -> web.StreamResponse:
    """Little on the wire, and a lot when it is unpacked."""
    return web.Response(body=gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"})


async def not_packed(_: web.Request) -> web.StreamResponse:
    """Said to be packed, and is not."""
    return web.Response(body=GOOD.encode(), headers={"Content-Encoding": "gzip"})


async def cut(request: web.Request) -> web.StreamResponse:
    """Less than was announced."""
    answer = web.StreamResponse(headers={"Content-Length": "500"})
    await answer.prepare(request)
    await answer.write(GOOD.encode())
    assert request.transport is not None
    request.transport.close()
    return answer


async def empty(_: web.Request) -> web.StreamResponse:
    """Good, but nothing."""
    return web.Response(status=204)


async def good(_: web.Request) -> web.StreamResponse:
    """As it should be, packed as the reader may ask for."""
    answer = web.Response(text=GOOD + " " * (SIZE_MAX - len(GOOD)))
    answer.enable_compression()
    return answer


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Where all of these answer."""
    app = web.Application()
    answers: tuple[Answer, ...] = (redirect, drip, bomb, not_packed, cut, empty, good)
    for answer in answers:
        app.router.add_get(f"/{answer.__name__}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("redirect", "status_302"),
        ("drip", "timeout"),
        ("bomb", "too_large"),
        ("not_packed", "unreachable"),
        ("cut", "unreachable"),
        ("empty", "status_204"),
        ("nowhere", "status_404"),
    ],
)
async def test_what_is_no_plain_answer_in_time_is_refused(url: str, what: str, code: str) -> None:
    reader = Reader(TIMEOUT_S, SYSTEM)
    async with reader.opened():
        with pytest.raises(SourceTrouble) as refused:
            await reader.read(Form(FRANKFURTER, f"{url}/{what}", 1, frankfurter.read))
    assert refused.value.code == code
    assert url not in refused.value.message


async def test_an_answer_of_just_the_largest_size_is_read(url: str) -> None:
    reader = Reader(TIMEOUT_S, SYSTEM)
    async with reader.opened():
        sheet = await reader.read(Form(FRANKFURTER, f"{url}/good", 1, frankfurter.read))
    assert set(sheet.rates) == {"USD"}


async def test_nobody_at_the_address_is_unreachable() -> None:
    reader = Reader(TIMEOUT_S, SYSTEM)
    async with reader.opened():
        with pytest.raises(SourceTrouble) as refused:
            await reader.read(Form(FRANKFURTER, f"http://127.0.0.1:{free_port()}", 1, frankfurter.read))
    assert refused.value.code == "unreachable"
