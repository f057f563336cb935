"""Wires services into one application.

Pure: makes objects, opens nothing, so the API can be printed with no server.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from valkey.asyncio import Valkey

from capitalino.kit import http, rpc
from capitalino.kit.audit.heads import Heads
from capitalino.kit.audit.reads import noting
from capitalino.kit.auth import public
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.module import Given, Module, Parts
from capitalino.kit.settings import ServiceSettings, Shared, load
from capitalino.kit.signing import Signer

VALKEY_S = 1.0


@dataclass(frozen=True, slots=True)
class Running:
    """One service of a process, wired."""

    module: Module
    parts: Parts
    bus: Bus
    cache: Valkey
    database: Database | None
    heads: Heads | None
    """Of its audit log."""


def build(modules: Sequence[Module], shared: Shared) -> list[Running]:
    """Wire the modules, which come after those they ask: a peer of the same process is met directly."""
    near: dict[type, object] = {}
    running = []
    for module in modules:
        given = given_to(module, shared, near)
        parts = module.build(given)
        assert set(parts.apis) == set(module.apis), f"{module.name} builds other APIs than the catalogue says"
        near.update(parts.apis)
        heads = None if module.schema is None else heads_of(given)
        running.append(Running(module, parts, given.bus, given.cache, given.database, heads))
    return running


def given_to(module: Module, shared: Shared, near: dict[type, object] | None = None) -> Given:
    """What a process gives one service; nothing of it is open yet."""
    settings = load(module.settings)
    bus = Bus(settings.nats_url.get_secret_value(), module.name)
    cache_url = settings.valkey_url.get_secret_value()
    return Given(
        bus=bus,
        cache=Valkey.from_url(cache_url, socket_timeout=VALKEY_S, socket_connect_timeout=VALKEY_S),
        clock=SYSTEM,
        shared=shared,
        settings=settings,
        peers=_peers(module, bus, {} if near is None else near),
        database=_database(module, settings),
    )


def heads_of(given: Given) -> Heads:
    """The signed heads of a service's audit log."""
    service, keys = given.db.schema.name, given.settings.audit_keys
    return Heads(
        given.db,
        Signer.of(keys, f"CAPITALINO_{service.upper()}_AUDIT_KEYS", given.shared.mode),
        given.clock,
    )


def application(running: Sequence[Running], **more: Any) -> FastAPI:
    """The HTTP side of the services. Every route says who may call it, or this fails."""
    app = FastAPI(
        title="Capitalino",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": http.Failure, "description": "A failure, in the same envelope."}},
        **more,
    )
    http.install(app)
    for one in running:
        if one.parts.router is not None:
            noted = [Depends(noting(one.database))] if one.database is not None else []
            app.include_router(one.parts.router, dependencies=noted)
    for route in iter_route_contexts(app.routes):
        assert _guards(route.dependant), f"{route.path} does not say who may call it"
        assert not (slow := _threaded(route.dependant)), f"{route.path} waits for a thread: {slow}"
    return app


def is_public(route: RouteContext) -> bool:
    """Anybody may call it."""
    return _guards(route.dependant) == [public]


def who_may(route: RouteContext, method: str) -> dict[str, Any]:
    """Whom the route lets in, for its document."""
    (guard,) = _guards(route.dependant)[:1]
    told: dict[str, Any] = guard.who.document(method)
    return told


def _database(module: Module, settings: ServiceSettings) -> Database | None:
    if module.schema is None:
        return None
    replica = settings.replica_url.get_secret_value() if settings.replica_url else None
    url = settings.database_url.get_secret_value()
    return Database(url, module.schema, replica_url=replica, pool_size=settings.pool_size)


def _peers(module: Module, bus: Bus, near: dict[type, object]) -> Any:
    def peer(protocol: type) -> Any:
        assert protocol in module.asks, f"{module.name} asks {protocol.__name__} without saying so"
        return rpc.Peer(protocol, bus, near.get(protocol))

    return peer


def _threaded(dependant: Any) -> list[str]:
    """What is not `async` has a thread, at ten times the price; one begun late outlives the process."""
    found = [] if iscoroutinefunction(dependant.call) else [dependant.call.__qualname__]
    return found + [name for one in dependant.dependencies for name in _threaded(one)]


def _guards(dependant: Any) -> list[Any]:
    """What checks who calls, with what it depends on."""
    found = []
    for one in dependant.dependencies:
        found += [one.call] if getattr(one.call, "is_guard", False) else _guards(one)
    return found
