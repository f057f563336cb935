"""Asking a local process over HTTP whether it is there: often, so without the cost of a real client."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from capitalino.app.stack.part import Check

ANSWER_S = 5.0


def answers(url: str) -> Check:
    """The check that `url` answers 200."""

    async def check() -> bool:
        return await status_of(url) == 200

    return check


async def status_of(url: str) -> int | None:
    """The status that a local http URL answers with; None when nobody answers."""
    parts = urlsplit(url)
    with suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                asked = (
                    f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
                )
                writer.write(asked.encode())
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
    return None
