"""An API key on the real road: through nginx, to services that know it from Valkey and the public keys."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from capitalino.kit.auth.signatures import text_of
from capitalino.kit.clock import SYSTEM
from tests.contract.http.people import new_person
from tests.support.sandbox import NO_TLS
from tests.support.stack import Stack

TARGET = "/api/v1/balances?asset=E%55R&limit=5"
"""Its query is signed as it is sent, not as it is read."""


async def test_a_signed_request_reads_what_its_investor_has(running: Stack) -> None:
    async with new_person(running) as (visitor, _):
        body: dict[str, Any] = {"name": "A program", "scopes": ["read"], "networks": ["127.0.0.0/8"]}
        body["expires_at"] = (SYSTEM.now() + timedelta(days=1)).isoformat()
        made = await visitor.send("POST", "/api/v1/api-keys", body)
        private = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(made["private_key"] + "="))
        key_id = made["key"]["key_id"]
        async with httpx.AsyncClient(base_url=running.url, trust_env=False, verify=NO_TLS) as web:
            headers = {"Authorization": header(private, key_id, "GET", TARGET)}
            answers = [await web.get(TARGET, headers=headers) for _ in range(2)]
            headers = {"Authorization": header(private, key_id, "POST", "/api/v1/quotes")}
            closed = await web.post("/api/v1/quotes", headers=headers)
        (listed,) = await visitor.send("GET", "/api/v1/api-keys")
    assert [one.status_code for one in answers] == [200, 401], answers[0].text
    assert closed.status_code == 403, closed.text
    assert listed["used_from"] == "127.0.0.1"


def header(private: Ed25519PrivateKey, key_id: str, method: str, target: str) -> str:
    path, _, query = target.partition("?")
    unix_s, nonce = int(time.time()), token_urlsafe(16)
    signature = private.sign(text_of(method, path, query, b"", unix_s, nonce))
    return f"Signature {key_id}:{unix_s}:{nonce}:{urlsafe_b64encode(signature).decode().rstrip('=')}"
