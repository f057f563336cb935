"""The whole API against its own document: whatever is sent, the answer is one that is written down."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks

from capitalino.app.openapi import openapi
from tests.contract.http.conftest import IS_FULL, Api
from tests.support.sandbox import NO_TLS

DOCUMENT = openapi()
PUBLIC = {
    "GET /api/v1/jwks",
    "POST /api/v1/email-verifications",
    "POST /api/v1/password-resets",
    "POST /api/v1/password-resets/completions",
    "POST /api/v1/registrations",
    "POST /api/v1/sessions",
    "POST /api/v1/sessions/passkeys",
    "POST /api/v1/sessions/passkeys/options",
    "POST /api/v1/sessions/refreshes",
    "POST /api/v1/sessions/second-factors",
    "POST /api/v1/sessions/second-factors/passkey-options",
    "POST /api/v1/sessions/second-factors/passkeys",
}
BARE = {"/api/v1/jwks"}
"""The one documented exception to the envelope."""
ANY_ID = "0190a4d2-7b1c-7000-8a00-000000000001"
PLACES = {
    "base": "BTC",
    "quote": "EUR",
    "address": f"investor:{ANY_ID}:cash",
    "asset": "EUR",
    "book": "game",
    "key": f"investor:{ANY_ID}:withdrawal",
}
"""What stands in a path where it is not an id."""

load_all_checks()
# A cursor, a token or a quote is well formed for a machine and still nothing that we gave.
EXCLUDED: list[Any] = [CHECKS.get_one("positive_data_acceptance")]
# `DELETE /sessions/refreshes` is a `DELETE /sessions/{session_id}` of no session.
SHADOWED = [*EXCLUDED, *CHECKS.get_by_names(["unsupported_method", "allow_header_conformance"])]
SHADOWED_NAMES = ("refreshes", "second-factors", "passkeys", "step-ups")
SHADOWED_PATHS = {f"/api/v1/sessions/{name}" for name in SHADOWED_NAMES}


def without_security(document: dict[str, Any]) -> dict[str, Any]:
    """Every request here is signed in: a header left out as an experiment would be sent all the same."""
    paths = {
        path: {method: {**operation, "security": []} for method, operation in methods.items()}
        for path, methods in document["paths"].items()
    }
    return {**document, "paths": paths}


schema = schemathesis.openapi.from_dict(without_security(DOCUMENT))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


GUARDED = [(method, path) for method, path, operation in operations() if "security" in operation]
STAFF = [(method, path) for method, path in GUARDED if "/admin/" in path]
each_guarded = pytest.mark.parametrize("method, path", GUARDED, ids=[f"{m} {p}" for m, p in GUARDED])


def at(path: str) -> str:
    """A path with something in its places."""
    return re.sub(r"{(\w+)}", lambda place: PLACES.get(place[1], ANY_ID), path)


def failure(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The failure, in the envelope and nothing but the envelope."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"success", "error", "meta"}
    assert body["success"] is False
    assert body["error"].keys() == {"code", "message", "details"}
    assert body["error"]["code"] == code
    assert body["meta"]["request_id"] == answer.headers["x-request-id"]
    return body


# What closes a flow would close it to all other tests of this stack; its answers are in `test_switches.py`.
@schema.exclude(path="/api/v1/admin/payments/closures", method="POST").parametrize()
@settings(
    max_examples=150 if IS_FULL else 8,
    deadline=None,
    derandomize=not IS_FULL,  # the full profile looks further each time
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_answer_is_one_that_is_written_down(case: Any, api: Api) -> None:
    answer = case.call(base_url=api.url, headers=api.headers(case.path))
    excluded = SHADOWED if case.path in SHADOWED_PATHS else EXCLUDED
    case.validate_response(answer, excluded_checks=excluded)
    if answer.headers["content-type"][0].startswith("text/csv"):
        return  # a file, on request
    body = json.loads(answer.content)
    if case.path not in BARE or answer.status_code >= 400:
        assert body["success"] is (answer.status_code < 400), body
        assert body["meta"]["request_id"] == answer.headers["x-request-id"][0]


def test_only_these_are_open_to_anybody() -> None:
    found = {f"{method} {path}" for method, path, operation in operations() if "security" not in operation}
    assert found == PUBLIC


def test_every_answer_is_documented_in_the_envelope() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            kept = answer["content"]["application/json"]["schema"]
            named = schemas[kept["$ref"].rsplit("/", 1)[-1]] if "$ref" in kept else kept
            if status == "default":
                assert named["title"] == "Failure", f"{method} {path}"
            elif path not in BARE:
                assert named["properties"]["success"]["const"] is True, f"{method} {path}"
                assert {"success", "data", "meta"} <= set(named["required"]), f"{method} {path}"


@each_guarded
@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer no.good.token", "Basic YTpi", "Bearer " + "x" * 4000]
)
def test_nobody_is_told_to_sign_in(
    web: httpx.Client, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = web.request(method, at(path), headers=headers)
    failure(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("method, path", STAFF, ids=[f"{m} {p}" for m, p in STAFF])
def test_staff_routes_are_forbidden_to_investors(api: Api, web: httpx.Client, method: str, path: str) -> None:
    answer = web.request(method, path, headers={"Authorization": f"Bearer {api.investor.token}"})
    failure(answer, 403, "forbidden")


# Not those of the spare one, whose session may have been ended by another test.
WRITING = [
    (method, path)
    for method, path, operation in operations()
    if "requestBody" in operation and not path.endswith(("/totp", "/totp/confirmations", "/step-ups"))
]
each_writing = pytest.mark.parametrize("method, path", WRITING, ids=[f"{m} {p}" for m, p in WRITING])


@each_writing
@pytest.mark.parametrize(
    "kind, content",
    [
        ("application/json", b"{"),
        ("application/json", b"\xff\xfe"),
        ("application/json", b"[1, 2]"),
        ("application/json", b'"text"'),
        ("application/json", b"null"),
        ("application/json", b""),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"amount": NaN}'),
        ("application/x-www-form-urlencoded", b"amount=1"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/xml", b"<amount>1</amount>"),
        ("text/plain", b"{}"),
        ("no type", b"{}"),
    ],
    ids=repr,
)
def test_a_body_that_is_no_json_object_is_refused(
    api: Api, web: httpx.Client, method: str, path: str, kind: str, content: bytes
) -> None:
    headers = api.headers(path) | {"Content-Type": kind, "Idempotency-Key": str(UUID(int=1))}
    answer = web.request(method, path, headers=headers, content=content)
    failure(answer, 400, "invalid_request")


def test_what_is_not_there_is_said_in_the_envelope(web: httpx.Client) -> None:
    failure(web.get("/api/v1/nothing"), 404, "not_found")
    failure(web.get("/api/v1/nothing/%00/%ff"), 404, "not_found")
    failure(web.put("/api/v1/me"), 405, "method_not_allowed")
    assert web.put("/api/v1/me").headers["allow"] == "GET, PATCH"
    assert web.delete("/api/v1/sessions").headers["allow"] == "GET, POST"


def test_who_asks_for_problem_json_gets_it(web: httpx.Client) -> None:
    answer = web.get("/api/v1/me", headers={"Accept": "application/problem+json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_edge_keeps_the_envelope(api: Api) -> None:
    with httpx.Client(base_url=api.edge, trust_env=False, verify=NO_TLS, timeout=15) as web:
        failure(web.get("/api/v1/balances"), 401, "unauthenticated")
        failure(web.get("/api/v1/nothing"), 404, "not_found")
        failure(web.post("/api/v1/quotes", content=b"x" * (2 << 20)), 413, "too_large")
        document = web.get("/api/openapi.json")
    assert document.headers["content-type"] == "application/json"
    assert document.json()["paths"].keys() == DOCUMENT["paths"].keys()


@pytest.mark.parametrize("given", ["short", "has space in it", "x" * 65, "a/../../b-cdefgh", "ümlaut-12345"])
def test_a_request_id_that_is_none_is_replaced(web: httpx.Client, given: str) -> None:
    answer = web.get("/api/v1/jwks", headers=[(b"X-Request-ID", given.encode())])
    kept = web.get("/api/v1/jwks", headers={"X-Request-ID": "made-by-client-1"})
    assert UUID(answer.headers["x-request-id"]).version == 7
    assert kept.headers["x-request-id"] == "made-by-client-1"
