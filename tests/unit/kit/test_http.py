"""Errors become enveloped answers, whatever they are; the edge is the last resort."""

from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from capitalino.kit.edge import Edge
from capitalino.kit.errors import AppError, Kind, RateLimited, Unauthenticated
from capitalino.kit.http import STATUS, IdempotencyKey, Success, install, listed, ok
from capitalino.kit.pages import Page, PageQuery

NOBODY: Any = object()


class Odd(AppError):
    """Of any kind."""

    code = "test.odd"


def routed() -> FastAPI:  # noqa: C901 - a list of routes
    app = FastAPI()
    install(app)

    @app.get("/fine")
    async def fine() -> Success[int]:
        return ok(7)

    @app.get("/refused/{kind}")
    async def refused(kind: Kind) -> Success[int]:
        error = Odd("No.", limit="5.00", id=UUID(int=1))
        error.kind = kind
        raise error

    @app.get("/signed-in")
    async def signed_in() -> Success[int]:
        raise Unauthenticated("Sign in first.")

    @app.get("/limited")
    async def limited() -> Success[int]:
        raise RateLimited("Wait.", retry_after_s=17)

    @app.get("/broken")
    async def broken() -> Success[int]:
        raise ZeroDivisionError("our mistake")

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            yield "one"
            raise ZeroDivisionError

        return StreamingResponse(lines())

    @app.get("/teapot")
    async def teapot() -> Success[int]:
        raise HTTPException(418, "short and stout")

    @app.post("/thing")
    async def thing(amount: Annotated[int, Body(embed=True)], key: IdempotencyKey) -> Success[str]:
        return ok(key)

    @app.get("/thing")
    async def list_things(page: PageQuery) -> Any:
        return listed([1, 2], page, next_cursor="next", total=10_000)

    @app.get("/who")
    async def who(request: Request) -> Success[bool]:
        return ok(request.state.identify is NOBODY)

    return app


@pytest.fixture
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture(params=[True, False], ids=["development", "production"])
def show_stack(request: pytest.FixtureRequest) -> bool:
    shown: bool = request.param
    return shown


def browser(app: Any, *, show_stack: bool = True) -> httpx.AsyncClient:
    edge: Any = Edge(app, NOBODY, show_stack=show_stack)
    return httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://test")


@pytest.fixture
async def web(logged: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(routed()) as client:
        yield client


async def test_a_success_has_its_envelope_and_the_requests_id(web: httpx.AsyncClient) -> None:
    answer = await web.get("/fine", headers={"X-Request-ID": "chosen-by-caller"})
    assert answer.json() == {"success": True, "data": 7, "meta": {"request_id": "chosen-by-caller"}}
    assert answer.headers["x-request-id"] == "chosen-by-caller"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_list_says_where_it_goes_on(web: httpx.AsyncClient) -> None:
    meta = (await web.get("/thing?limit=2&page=3", headers={"X-Request-ID": "r1234567"})).json()["meta"]
    assert meta == {
        "request_id": "r1234567",
        "limit": 2,
        "next_cursor": "next",
        "page": 3,
        "total": 10_000,
        "total_is_exact": False,
    }
    assert listed([], Page(5), next_cursor=None).meta.total_is_exact is False
    assert listed([], Page(5), next_cursor=None, total=0).meta.total_is_exact is True


@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_of_refusal_has_its_status(web: httpx.AsyncClient, kind: Kind) -> None:
    answer = await web.get(f"/refused/{kind}")
    assert answer.status_code == STATUS[kind]
    details = {"limit": "5.00", "id": str(UUID(int=1))}
    assert answer.json()["error"] == {"code": "test.odd", "message": "No.", "details": details}
    assert ("retry-after" in answer.headers) is (kind in {Kind.UNAVAILABLE, Kind.RATE_LIMITED})


async def test_who_is_not_signed_in_is_told_how(web: httpx.AsyncClient) -> None:
    assert (await web.get("/signed-in")).headers["www-authenticate"] == "Bearer"


async def test_who_is_limited_is_told_when_to_come_back(web: httpx.AsyncClient) -> None:
    assert (await web.get("/limited")).headers["retry-after"] == "17"


async def test_a_crash_is_answered_in_the_envelope(logged: Any, show_stack: bool) -> None:  # noqa: FBT001
    async with browser(routed(), show_stack=show_stack) as web:
        answer = await web.get("/broken", headers={"X-Request-ID": "r-broken-1"})
    body = answer.json()
    assert (answer.status_code, body["success"], body["meta"]) == (500, False, {"request_id": "r-broken-1"})
    assert (body["error"]["code"], body["error"]["message"]) == (
        "INTERNAL_ERROR",
        "An unexpected error occurred",
    )
    assert body["error"]["details"] == {}
    assert ("our mistake" in answer.text) is show_stack, "only development shows what it was"
    assert ("our mistake" in "".join(body["error"].get("stack", ()))) is show_stack
    assert answer.headers["x-request-id"] == "r-broken-1"
    assert [line["event"] for line in logged] == ["request.crashed", "request.answered"]
    assert logged[1]["status"] == 500


async def test_a_crash_below_the_app_is_answered_too(logged: Any) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("below")

    async with browser(app) as web:
        answer = await web.get("/")
        other = await web.get("/", headers={"Accept": "application/problem+json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert (other.headers["content-type"], other.json()["status"]) == ("application/problem+json", 500)


async def test_half_an_answer_is_cut_and_not_ended(logged: Any) -> None:
    async with browser(routed()) as web:
        with pytest.raises(ZeroDivisionError):
            await web.get("/half")


async def test_other_refusals_of_the_framework_keep_their_words(web: httpx.AsyncClient) -> None:
    error = (await web.get("/teapot")).json()["error"]
    assert error == {"code": "invalid_request", "message": "short and stout", "details": {}}


async def test_an_unknown_address_or_method_is_said(web: httpx.AsyncClient) -> None:
    assert (await web.get("/nothing")).json()["error"]["code"] == "not_found"
    answer = await web.delete("/thing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("key", ["", " ", '""', "x" * 129, "two words"])
async def test_a_key_that_is_none_is_refused(web: httpx.AsyncClient, key: str) -> None:
    answer = await web.post("/thing", json={"amount": 1}, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    (field,) = answer.json()["error"]["details"]["fields"]
    assert field["field"] == "header.Idempotency-Key"


@pytest.mark.parametrize("key, bare", [("abc", "abc"), ('"abc"', "abc"), ("x" * 128, "x" * 128)])
async def test_a_key_may_stand_in_quotes(web: httpx.AsyncClient, key: str, bare: str) -> None:
    answer = await web.post("/thing", json={"amount": 1}, headers={"Idempotency-Key": key})
    assert answer.json()["data"] == bare


async def test_problem_json_for_who_asks_for_it(web: httpx.AsyncClient) -> None:
    asked = {"Accept": "application/problem+json", "X-Request-ID": "r1234567"}
    answer = await web.get("/refused/conflict", headers=asked)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "No.",
        "status": 409,
        "code": "test.odd",
        "details": {"limit": "5.00", "id": str(UUID(int=1))},
        "instance": "urn:request:r1234567",
    }


async def test_a_crash_too_is_told_as_problem_json(logged: Any, show_stack: bool) -> None:  # noqa: FBT001
    async with browser(routed(), show_stack=show_stack) as web:
        answer = await web.get("/broken", headers={"Accept": "application/problem+json"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert (answer.json()["code"], answer.json()["details"]) == ("INTERNAL_ERROR", {})
    assert ("stack" in answer.json()) is show_stack


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "semi;colon"])
async def test_a_request_id_that_is_none_is_replaced(web: httpx.AsyncClient, given: str) -> None:
    answer = await web.get("/fine", headers={"X-Request-ID": given})
    assert UUID(answer.headers["x-request-id"]).version == 7


async def test_routes_find_who_identifies(web: httpx.AsyncClient) -> None:
    assert (await web.get("/who")).json()["data"] is True


async def test_probes_are_logged_only_when_they_say_no(logged: Any) -> None:
    app = FastAPI()
    install(app)

    @app.get("/livez")
    async def alive() -> Success[int]:
        return ok(1)

    async with browser(app) as web:
        await web.get("/livez")
        await web.get("/readyz")
    assert [(line["log_level"], line["status"]) for line in logged] == [("debug", 200), ("info", 404)]


async def test_what_is_no_request_passes_through() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await Edge(app, NOBODY, show_stack=False)({"type": "lifespan"}, NOBODY, NOBODY)
    assert seen == ["lifespan"]


async def test_a_route_may_say_itself_how_long_its_answer_is_good(logged: Any) -> None:
    app = FastAPI()

    @app.get("/keys")
    async def keys() -> JSONResponse:
        return JSONResponse({}, headers={"Cache-Control": "max-age=60"})

    async with browser(app) as web:
        assert (await web.get("/keys")).headers["cache-control"] == "max-age=60"
