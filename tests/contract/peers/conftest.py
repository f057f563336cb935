"""Both roads to a peer: next door, and over a real NATS."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import pytest
from nats.aio.subscription import Subscription
from structlog.testing import capture_logs

from capitalino.kit.answering import serve
from capitalino.kit.bus import Bus
from capitalino.kit.rpc import Peer, service_name


@dataclass(frozen=True)
class Roads:
    """One target, reached in two ways. Typed as `Any`: a Peer has the methods of its Protocol."""

    near: Any
    far: Any

    def __iter__(self) -> Any:
        return iter((self.near, self.far))


Reach = Callable[[type, object], Awaitable[Roads]]


@pytest.fixture
async def asker(nats_url: str) -> AsyncIterator[Bus]:
    """The connection of the service that asks."""
    bus = Bus(nats_url, "asker")
    await bus.open()
    yield bus
    await bus.close()


@pytest.fixture
async def reach(nats_url: str, asker: Bus) -> AsyncIterator[Reach]:
    """`roads = await reach(Protocol, target)`."""
    buses: list[Bus] = []
    answering: list[Subscription] = []

    async def made(protocol: type, target: object) -> Roads:
        bus = Bus(nats_url, service_name(protocol))
        await bus.open()
        buses.append(bus)
        answering.extend(await serve(protocol, target, bus))
        await bus.nc.flush()
        return Roads(Peer(protocol, asker, target), Peer(protocol, asker, None))

    yield made
    for one in answering:  # first nobody is sent here any more, then the line is cut
        await one.unsubscribe()
    for bus in buses:
        await bus.nc.flush()
        await bus.close()


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """The log lines of this test; none is printed."""
    with capture_logs() as lines:
        yield lines
