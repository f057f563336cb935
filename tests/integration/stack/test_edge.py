"""nginx with the generated configuration: who answers which path, and the envelope when nobody does."""

import asyncio
import dataclasses
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from capitalino.app.stack.certificates import certificate_for
from capitalino.services.gateway.nginx import Tls
from tests.support.edge import Upstream, edge_before, module
from tests.support.keeper import free_port

MODULES = (
    module("ledger", "balances", "statements"),
    module("payments", "quotes", "conversions"),
    module("notifications", "notifications", "ws"),
    module("gateway"),
)
NAMES = ("ledger", "payments", "notifications", "gateway", "live", "sandbox")


@pytest.fixture
async def upstreams() -> AsyncIterator[dict[str, Upstream]]:
    """One for each service, for the hub and for the sandbox."""
    made = {name: Upstream(name) for name in NAMES}
    for one in made.values():
        await one.start()
    yield made
    for one in made.values():
        one.stop()


@pytest.fixture
async def edge(tmp_path: Path, upstreams: dict[str, Upstream]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the edge."""
    async with edge_before(tmp_path, MODULES, upstreams) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a failure in the envelope, with its request id checked."""
    body = answer.json()
    assert body["success"] is False
    assert set(body) == {"success", "error", "meta"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["meta"]["request_id"] == answer.headers["x-request-id"] != ""
    assert answer.headers["content-type"].startswith("application/json")
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    "path, name, arrives",
    [
        ("/api/v1/balances", "ledger", None),
        ("/api/v1/statements?asset=BTC&limit=5", "ledger", None),
        ("/api/v1/conversions/0192-a", "payments", None),
        ("/api/v1/admin/payments/conversions", "payments", None),
        ("/api/v1/notifications/1/read", "notifications", None),
        ("/api/v1/ws/tickets", "notifications", None),
        ("/sandbox/mail", "sandbox", "/mail"),
        ("/livez", "gateway", "/gateway/livez"),
        ("/readyz", "gateway", "/gateway/readyz"),
    ],
)
async def test_each_path_reaches_the_service_that_owns_its_first_word(
    edge: httpx.AsyncClient, path: str, name: str, arrives: str | None
) -> None:
    answer = await edge.get(path)
    assert (answer.status_code, answer.json()["name"]) == (200, name)
    assert answer.json()["path"] == (arrives or path)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/api/v1/balancesheet",
        "/api/v1/admin/nobody",
        "/api/v2/quotes",
        "/api",
        "/api/v1/",
        "/api/v1/ws-x",
    ],
)
async def test_an_unknown_api_path_is_not_found_in_the_envelope(edge: httpx.AsyncClient, path: str) -> None:
    assert refusal(await edge.get(path)) == (404, "not_found")


async def test_a_dead_service_takes_only_its_own_paths_with_it(
    edge: httpx.AsyncClient, upstreams: dict[str, Upstream]
) -> None:
    upstreams["payments"].stop()
    dead = await edge.post("/api/v1/quotes", json={})
    assert refusal(dead) == (503, "service_unavailable")
    assert int(dead.headers["retry-after"]) > 0
    assert (await edge.get("/api/v1/balances")).json()["name"] == "ledger"


async def test_nginx_refuses_in_the_envelope(edge: httpx.AsyncClient) -> None:
    assert refusal(await edge.post("/api/v1/quotes", content=b"x" * (1 << 20) + b"x")) == (413, "too_large")
    assert refusal(await edge.get("/api/v1/quotes?" + "x" * 9000)) == (414, "address_too_long")
    assert refusal(await edge.get("/api/v1/quotes", headers={"x": "x" * 9000})) == (431, "header_too_large")
    assert refusal(await edge.post("/")) == (405, "method_not_allowed")
    assert refusal(await edge.post("/api/v1/ws")) == (405, "method_not_allowed")
    assert refusal(await edge.get("/api/v1/ws")) == (400, "invalid_request")
    assert refusal(await edge.get("/assets/missing.js")) == (404, "not_found")
    assert refusal(await edge.get("/assets/")) == (404, "not_found"), "no listing"
    assert refusal(await edge.get("/.git/config")) == (404, "not_found")
    assert refusal(await edge.request("TRACE", "/")) == (405, "method_not_allowed")


async def test_nginx_refuses_as_problem_json_for_who_asks_for_it(edge: httpx.AsyncClient) -> None:
    answer = await edge.get("/api/v1/nothing", headers={"Accept": "application/problem+json"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "There is nothing here.",
        "status": 404,
        "code": "not_found",
        "details": {},
        "instance": f"urn:request:{answer.headers['x-request-id']}",
    }


async def test_a_malformed_request_is_refused_in_the_envelope(edge: httpx.AsyncClient) -> None:
    assert edge.base_url.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.base_url.port)
    writer.write(b"GET /api/v1/quotes HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    said = (await reader.read()).decode()
    writer.close()
    assert said.startswith("HTTP/1.1 400 ")
    assert json.loads(said.split("\r\n\r\n", 1)[1])["error"]["code"] == "invalid_request"


async def test_a_flood_from_one_address_is_told_to_wait(
    tmp_path: Path, upstreams: dict[str, Upstream]
) -> None:
    async with (
        edge_before(tmp_path, MODULES, upstreams, requests_per_s=1, burst=3) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answers = [await client.get("/api/v1/balances") for _ in range(6)]
    assert [answer.status_code for answer in answers[:4]] == [200] * 4
    assert refusal(answers[-1]) == (429, "rate_limited")
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_flood_at_the_entrance_leaves_the_rest_alone(
    tmp_path: Path, upstreams: dict[str, Upstream]
) -> None:
    costly = dataclasses.replace(module("payments", "quotes"), entrance=("quotes",))
    modules = (costly, *(one for one in MODULES if one.name != "payments"))
    async with (
        edge_before(tmp_path, modules, upstreams, entries_per_s=2) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answers = await asyncio.gather(*(client.post("/api/v1/quotes") for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 3
        assert {refusal(one) for one in answers if one.is_error} == {(429, "rate_limited")}
        assert (await client.get("/api/v1/quotes")).status_code == 200, "only what is costly is counted"
        assert (await client.post("/api/v1/quotes/1/uses")).status_code == 200
        assert (await client.get("/api/v1/balances")).status_code == 200


async def test_a_service_hears_who_really_calls(
    edge: httpx.AsyncClient, upstreams: dict[str, Upstream]
) -> None:
    lies = {
        "X-Forwarded-For": "8.8.8.8",
        "X-Real-IP": "8.8.8.8",
        "Forwarded": "for=8.8.8.8",
        "X-User-ID": "admin",
        "X-Principal": "admin",
        "X-Original-URL": "/api/v1/admin/ledger",
        "X-Forwarded-Proto": "https",
    }
    await edge.get("/api/v1/balances", headers=lies)
    heard = upstreams["ledger"].headers
    assert (heard["x-forwarded-for"], heard["x-real-ip"], heard["x-forwarded-proto"]) == (
        "127.0.0.1",
        "127.0.0.1",
        "http",
    )
    assert not {"forwarded", "x-user-id", "x-principal", "x-original-url"} & set(heard)


async def test_one_request_id_goes_all_the_way(
    edge: httpx.AsyncClient, upstreams: dict[str, Upstream]
) -> None:
    kept = await edge.get("/api/v1/balances", headers={"X-Request-ID": "from-the-caller-1"})
    assert kept.headers.get_list("x-request-id") == ["from-the-caller-1"]
    assert upstreams["ledger"].headers["x-request-id"] == "from-the-caller-1"
    made = await edge.get("/api/v1/balances", headers={"X-Request-ID": 'x"} evil'})
    assert made.headers["x-request-id"] == upstreams["ledger"].headers["x-request-id"]
    assert "evil" not in made.headers["x-request-id"]


async def test_the_socket_path_is_upgraded_to_the_hub(
    edge: httpx.AsyncClient, upstreams: dict[str, Upstream]
) -> None:
    assert edge.base_url.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.base_url.port)
    writer.write(
        b"GET /api/v1/ws?ticket=t HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    assert b"101" in await reader.readline()
    writer.close()
    assert upstreams["live"].headers["upgrade"] == "websocket"
    assert upstreams["live"].headers["x-real-ip"] == "127.0.0.1"


async def test_pages_are_served_with_their_headers(edge: httpx.AsyncClient) -> None:
    for path in ("/", "/convert", "/some/deep/page"):
        page = await edge.get(path, headers={"Origin": "https://evil.example"})
        assert not [name for name in page.headers if name.startswith("access-control-")]
        assert (page.status_code, page.text) == (200, "<title>the app</title>")
        assert page.headers["cache-control"] == "no-cache"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cross-origin-opener-policy"] == "same-origin"
        assert "referrer-policy" in page.headers
    script = await edge.get("/assets/app-1a2b.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "nginx/" not in script.headers["server"]


async def test_the_api_documents_itself(edge: httpx.AsyncClient) -> None:
    assert (await edge.get("/api/openapi.json")).json() == {"openapi": "3.1.0"}
    told = await edge.get("/api/events")
    assert (told.json(), told.headers["content-type"]) == ({"asyncapi": "3.0.0"}, "application/json")
    page = await edge.get("/api/docs")
    assert "swagger-ui-bundle.js" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert "openapi.json" in (await edge.get("/api/docs/init.js")).text
    assert (await edge.get("/api/docs/swagger-ui.css")).text == "b {}"


async def test_there_is_no_sandbox_outside_development(
    tmp_path: Path, upstreams: dict[str, Upstream]
) -> None:
    different: dict[str, Any] = {"development": False}
    async with (
        edge_before(tmp_path, MODULES, upstreams, **different) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        assert "the app" in (await client.get("/sandbox/mail")).text


@pytest.mark.parametrize("is_strict", [False, True])
async def test_it_speaks_tls_1_3_alone_beside_the_plain_port(
    tmp_path: Path, upstreams: dict[str, Upstream], *, is_strict: bool
) -> None:
    shown = certificate_for(("localhost", "127.0.0.1"), tmp_path)
    port = free_port()
    tls = Tls(f"127.0.0.1:{port}", shown.chain, shown.key, is_strict=is_strict)
    trust = ssl.create_default_context(cafile=str(shown.authority))
    async with (
        edge_before(tmp_path, MODULES, upstreams, tls=tls) as url,
        httpx.AsyncClient(base_url=f"https://localhost:{port}", verify=trust) as client,
    ):
        page = await client.get("/")
        strict = page.headers.get("strict-transport-security")
        assert strict == ("max-age=31536000; includeSubDomains" if is_strict else None)
        assert (await client.get("/api/v1/balances")).json()["name"] == "ledger"
        assert upstreams["ledger"].headers["x-forwarded-proto"] == "https"
        assert "strict-transport-security" not in (await client.get(f"{url}/")).headers
        # Plain HTTP at the TLS port is told so; older TLS is not spoken.
        plain = await client.get(f"http://127.0.0.1:{port}/api/v1/balances")
        assert refusal(plain) == (400, "invalid_request")
        trust.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            await asyncio.open_connection("localhost", port, ssl=trust)


async def test_every_request_leaves_a_line_of_json(edge: httpx.AsyncClient, tmp_path: Path) -> None:
    await edge.get("/api/v1/balances?secret=1", headers={"User-Agent": 'a "quoted" agent'})
    lines = [json.loads(line) for line in (tmp_path / "edge.log").read_text().splitlines()]
    (line,) = [line for line in lines if line["url.path"] == "/api/v1/balances"]
    assert (line["http.response.status_code"], line["client.ip"]) == ("200", "127.0.0.1")
    assert "secret" not in json.dumps(line)
