"""A session that reaches one host only: a venue's stand-in, and never the venue itself."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult


def one_host_session(base: str) -> aiohttp.ClientSession:
    """A session of the running loop that knows the host of `base` only."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=OnlyHost(urlsplit(base).hostname or ""))
    )


class OnlyHost(AbstractResolver):
    """Knows one name: the real addresses, which the client keeps for what we don't use, are out of reach."""

    def __init__(self, host: str) -> None:
        self._host = host

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of the one host."""
        if host != self._host:
            raise OSError(f"{host} is not the venue's stand-in")
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=family
        )
        return [_result(host, port, entry) for entry in found]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, port: int, entry: Sequence[Any]) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=entry[4][0],
        port=port,
        family=entry[0],
        proto=entry[2],
        flags=socket.AI_NUMERICHOST,
    )
