"""Services are wired without opening anything; what the catalogue doesn't say, doesn't happen."""

from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from capitalino.app.build import application, build, given_to, is_public
from capitalino.app.catalog import chosen
from capitalino.contracts.market.api import FindPrice, MarketPrices, Price
from capitalino.contracts.users.api import UsersInvestors
from capitalino.kit.auth import Investor, Public, Somebody
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Schema
from capitalino.kit.module import Given, Module, Parts
from capitalino.kit.settings import ServiceSettings, Shared


class Prices:
    """Keeps `MarketPrices`: everything costs one."""

    async def find_price(self, query: FindPrice) -> Price:
        """As the market."""
        one: Any = "1"
        at = SYSTEM.now()
        return Price(**query.model_dump(), bid=one, ask=one, mid=one, at=at, age_ms=0, sources=("here",))


class ReplicatedSettings(ServiceSettings):
    """With a replica."""

    replica_url: SecretStr | None = SecretStr("postgresql://127.0.0.1:2/copy")


def market(_: Given) -> Parts:
    return Parts(apis={MarketPrices: Prices()})


MARKET = Module("market", build=market, apis=(MarketPrices,))


def routed(router: APIRouter) -> Any:
    """The application of one service with these routes."""
    return application(build([Module("thing", build=lambda _: Parts(router=router))], Shared()))


def test_all_services_are_wired_with_no_server_running() -> None:
    modules = chosen(["all"])
    running = build(modules, Shared())
    assert [one.module for one in running] == modules
    assert all((one.database is None) is (one.module.schema is None) for one in running)
    assert not any(one.bus.is_open for one in running)
    assert application(running).openapi()["paths"]
    assert not list(iter_route_contexts(application(build([MARKET], Shared())).routes))


def test_every_route_is_below_a_word_of_its_service_and_said_who_may_call() -> None:
    for one in build(chosen(["all"]), Shared()):
        for route in iter_route_contexts(application([one]).routes):
            words = (route.path or "").removeprefix("/api/v1/").split("/")
            if words[0] == "admin":
                assert words[1] == one.module.name, route.path
            elif not (route.path or "").startswith("/gateway/"):
                assert words[0] in (*one.module.words, *one.module.internal), route.path


async def test_a_peer_of_the_same_process_is_met_directly() -> None:
    seen: list[Price] = []

    def ask(given: Given) -> Parts:
        async def asked() -> None:
            seen.append(await given.peer(MarketPrices).find_price(FindPrice(base="BTC", quote="EUR")))

        peers.append(asked)
        return Parts()

    peers: list[Any] = []
    build([MARKET, Module("asker", build=ask, asks=(MarketPrices,))], Shared())
    await peers[0]()
    assert seen[0].sources == ("here",)


def test_who_is_not_said_to_be_asked_is_not_asked() -> None:
    def ask(given: Given) -> Parts:
        given.peer(UsersInvestors)
        return Parts()

    with pytest.raises(AssertionError, match="asks UsersInvestors without saying so"):
        build([MARKET, Module("asker", build=ask, asks=(MarketPrices,))], Shared())


@pytest.mark.parametrize("apis", [(), (MarketPrices, UsersInvestors)], ids=len)
def test_a_service_serves_what_the_catalogue_says(apis: tuple[type, ...]) -> None:
    with pytest.raises(AssertionError, match="other APIs"):
        build([Module("market", build=market, apis=apis)], Shared())


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start() -> None:
    router, inner = APIRouter(), APIRouter(prefix="/inner")

    @router.get("/guarded")
    async def guarded(who: Investor) -> UUID:
        return who.investor

    routed(router)

    @inner.get("/open")
    async def forgotten() -> int:
        return 1

    router.include_router(inner)
    with pytest.raises(AssertionError, match="/inner/open does not say who may call it"):
        routed(router)


def test_no_request_waits_for_a_thread() -> None:
    def number() -> int:
        return 1

    router = APIRouter()

    @router.get("/thing", dependencies=[Public])
    async def read(_: Annotated[int, Depends(number)]) -> int:
        return 1

    with pytest.raises(AssertionError, match=r"/thing waits for a thread: .*number"):
        routed(router)


def test_public_is_only_what_is_marked_so() -> None:
    router = APIRouter()

    @router.get("/public", dependencies=[Public])
    async def public() -> int:
        return 1

    @router.get("/somebody")
    async def somebody(_: Somebody) -> int:
        return 1

    found = {route.path: is_public(route) for route in iter_route_contexts(routed(router).routes)}
    assert found == {"/public": True, "/somebody": False}


async def test_a_service_with_a_schema_has_a_database_and_its_replica() -> None:
    module = Module("thing", build=lambda _: Parts(), schema=Schema("thing"), settings=ReplicatedSettings)
    given = given_to(module, Shared())
    assert given.db.schema.name == "thing"
    assert given.db._replica is not given.db.engine
    alone = given_to(Module("thing", build=lambda _: Parts(), schema=Schema("thing")), Shared())
    assert alone.db._replica is alone.db.engine
    for one in (given, alone):
        await one.db.close()
