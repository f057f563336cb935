"""The health of the platform: every process's own word, and whether the servers take connections."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import httpx

from capitalino.kit.clock import Clock
from capitalino.kit.health import WITHIN_S, Health


class Platform:
    """`services` are URLs by name, `servers` are host:port. Services of one process are asked once."""

    def __init__(self, services: Mapping[str, str], servers: Mapping[str, str], clock: Clock) -> None:
        self._client: httpx.AsyncClient | None = None
        checks = {name: partial(_takes_connections, address) for name, address in servers.items()}
        checks |= {names: partial(self._is_ready, url) for names, url in _by_process(services.items())}
        self.health = Health(checks, clock=clock)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep connections to the services while the process runs."""
        async with httpx.AsyncClient(timeout=WITHIN_S, trust_env=False) as client:
            self._client = client
            yield
            self._client = None

    async def _is_ready(self, url: str) -> None:
        assert self._client is not None, "the platform is looked at by a running process"
        (await self._client.get(f"{url}/readyz")).raise_for_status()


def _by_process(services: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    names: dict[str, list[str]] = {}
    for name, url in services:
        names.setdefault(url, []).append(name)
    return [(" ".join(sorted(sharing)), url) for url, sharing in names.items()]


async def _takes_connections(address: str) -> None:
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
