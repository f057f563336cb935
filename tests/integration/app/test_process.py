"""A process as the system runs it: it says that it stops before it does, and stops in its time."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.keeper import free_port

WITHIN_S = 20


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the process; its port is free."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}", trust_env=False) as client:
        yield client


@pytest.fixture
async def process(
    web: httpx.AsyncClient, nats_url: str, valkey_url: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The gateway alone: it needs no schema."""
    told = {"CAPITALINO_GATEWAY_NATS_URL": nats_url, "CAPITALINO_GATEWAY_VALKEY_URL": valkey_url}
    command = (
        sys.executable,
        "-m",
        "capitalino.app.cli",
        "serve",
        "gateway",
        "--port",
        str(web.base_url.port),
    )
    started = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **told}, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(WITHIN_S):
        while await asked(web) != "ready":
            await asyncio.sleep(0.05)
    yield started
    if started.returncode is None:
        started.kill()
        await started.wait()


async def asked(web: httpx.AsyncClient) -> str:
    """What /readyz says: a state, the message of a refusal, or that nobody answers."""
    try:
        said = (await web.get("/readyz")).json()
    except (httpx.HTTPError, ValueError):  # at the very end an answer may be cut off before its body
        return "nobody"
    return str(said["data"]["state"] if said["success"] else said["error"]["message"])


async def test_it_says_that_it_stops_while_it_still_answers(
    web: httpx.AsyncClient, process: asyncio.subprocess.Process
) -> None:
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    heard = []
    while process.returncode is None and time.monotonic() - begun < WITHIN_S:
        heard.append(await asked(web))
        await asyncio.sleep(0.02)
    assert heard.count("The process is stopping.") >= 5, heard
    async with asyncio.timeout(WITHIN_S):
        assert await process.wait() == 0, "it stops when it is told to"
