"""What a service is given, what it hands back, and how the catalogue lists it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from fastapi import APIRouter
from valkey.asyncio import Valkey

from capitalino.kit.bus import Bus
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Schema
from capitalino.kit.inbox import Consumer
from capitalino.kit.loops import Loop
from capitalino.kit.message import Event
from capitalino.kit.settings import ServiceSettings, Shared

S = TypeVar("S", bound=ServiceSettings)
P = TypeVar("P")


class Sockets(Protocol):
    """A server of WebSockets with a port of its own."""

    async def serve(self, host: str, port: int) -> None:
        """Serve until cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """Everything that a service gets from the process that runs it."""

    bus: Bus
    cache: "Valkey"
    clock: Clock
    shared: Shared
    settings: ServiceSettings
    peers: Callable[[type], Any]
    database: Database | None = None

    @property
    def db(self) -> Database:
        """The service's own database."""
        assert self.database is not None, "this service declared no schema"
        return self.database

    def peer(self, protocol: type[P]) -> P:
        """Another service's API, wherever it runs."""
        found: P = self.peers(protocol)
        return found

    def settings_as(self, cls: type[S]) -> S:
        """The service's own settings, with their own type."""
        assert isinstance(self.settings, cls), f"the catalogue gives {type(self.settings).__name__}"
        return self.settings


@dataclass(frozen=True, slots=True)
class Parts:
    """A wired service, ready to be run by any process."""

    router: APIRouter | None = None
    apis: dict[type, object] = field(default_factory=dict)
    consumers: tuple[Consumer[Any], ...] = ()
    loops: tuple[Loop, ...] = ()
    resources: tuple[Callable[[], AbstractAsyncContextManager[Any]], ...] = ()
    """Opened in this order before anything is served, closed in the opposite order."""
    sockets: Sockets | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """A service as the catalogue lists it. Rights in NATS, import contracts and routing follow from this."""

    name: str
    build: Callable[[Given], Parts]
    words: tuple[str, ...] = ()
    """The first words of its paths below /api/v1; each belongs to one service."""
    entrance: tuple[str, ...] = ()
    """Paths where a POST is costly and anybody may send one: the edge lets only so many through."""
    schema: Schema | None = None
    settings: type[ServiceSettings] = ServiceSettings
    apis: tuple[type, ...] = ()
    asks: tuple[type, ...] = ()
    hears: tuple[type[Event], ...] = ()
    tells: tuple[type[Event], ...] = ()
    sends: tuple[str, ...] = ()
    """Subjects of the signals that it sends, without `signal.`."""
    listens: tuple[str, ...] = ()
    """Subjects of the signals that it listens to, without `signal.`."""
    internal: tuple[str, ...] = ()
    """Words that are answered to other processes only and never routed to from outside."""
