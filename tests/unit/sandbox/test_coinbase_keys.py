"""The sandbox's Coinbase takes only what its key has signed, and only for a while."""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from capitalino.sandbox.binance_asked import Key
from capitalino.sandbox.coinbase_keys import Sent, check
from capitalino.sandbox.coinbase_refusals import Refused

KEY = Key("name", "secret")
NOW_S = 1_764_115_200
ORDERS = Sent("POST", "/api/v3/brokerage/orders", "", '{"side":"BUY"}', {})
CURVE = generate_private_key(SECP256R1())
PEM = CURVE.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
ELLIPTIC = Key("organizations/0/apiKeys/1", PEM)


def signed(sent: Sent, covers: str | None = None, at: str = str(NOW_S)) -> Sent:
    """With the headers of a signature by HMAC, by default as Coinbase's documentation shows it."""
    message = at + (sent.method + sent.path + sent.body if covers is None else covers)
    signature = hmac.new(b"secret", message.encode(), hashlib.sha256).hexdigest()
    names = {"CB-ACCESS-KEY": "name", "CB-ACCESS-SIGN": signature, "CB-ACCESS-TIMESTAMP": at}
    return replace(sent, headers=names)


def why(key: Key, sent: Sent, now_ms: int = NOW_S * 1000) -> str:
    with pytest.raises(Refused) as refused:
        check(key, sent, now_ms)
    assert refused.value.status == 401
    body = refused.value.body
    return body if isinstance(body, str) else str(body["errors"][0]["message"])


def test_what_the_key_has_signed_is_taken() -> None:
    check(KEY, signed(ORDERS), NOW_S * 1000)


def test_a_signature_is_for_one_request() -> None:
    sent = signed(ORDERS)
    for other in (
        replace(sent, body='{"side":"SELL"}'),
        replace(sent, method="GET"),
        replace(sent, path="/api/v3/brokerage/orders/batch_cancel"),
        replace(sent, headers=dict(sent.headers) | {"CB-ACCESS-TIMESTAMP": str(NOW_S + 1)}),
        replace(sent, headers=dict(sent.headers) | {"CB-ACCESS-SIGN": "é"}),
        replace(sent, headers={"CB-ACCESS-KEY": "name"}),
    ):
        assert why(KEY, other) == "invalid signature"
    assert why(Key("another", "secret"), sent) == "invalid api key"
    assert why(Key("name", "another"), sent) == "invalid signature"


def test_the_older_calls_are_signed_with_their_query_and_the_newer_without() -> None:
    newer = Sent("GET", "/api/v3/brokerage/accounts", "limit=250", "", {})
    check(KEY, signed(newer), NOW_S * 1000)
    older = Sent("GET", "/v2/accounts", "limit=100", "", {})
    check(KEY, signed(older, "GET/v2/accounts?limit=100"), NOW_S * 1000)
    assert why(KEY, signed(older)) == "invalid signature"


@pytest.mark.parametrize("off_s", [-31, 31])
def test_a_signature_lives_for_thirty_seconds(off_s: int) -> None:
    sent = signed(ORDERS)
    check(KEY, sent, (NOW_S + off_s // 31 * 30) * 1000)
    assert why(KEY, sent, (NOW_S + off_s) * 1000) == "request timestamp expired"
    assert why(KEY, signed(ORDERS, at="soon")) == "request timestamp expired"


def token(key: Any, algorithm: str, kid: str = ELLIPTIC.name, **claims: Any) -> Sent:
    """A token as Coinbase's documentation shows it, by another library than the client's."""
    told = {
        "sub": ELLIPTIC.name,
        "iss": "coinbase-cloud",
        "aud": ["retail_rest_api_proxy"],
        "nbf": NOW_S,
        "exp": NOW_S + 120,
        "uri": "POST api.coinbase.com/api/v3/brokerage/orders",
    }
    made = jwt.encode(told | claims, key, algorithm, headers={"kid": kid, "nonce": "1"})
    return replace(ORDERS, headers={"Authorization": f"Bearer {made}"})


def test_a_token_of_the_key_is_taken() -> None:
    check(ELLIPTIC, token(CURVE, "ES256"), NOW_S * 1000)


def test_a_token_of_an_edwards_key_is_taken() -> None:
    pair = Ed25519PrivateKey.generate()
    seed = pair.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    key = Key(ELLIPTIC.name, base64.b64encode(seed).decode())
    named: dict[str, Any] = {
        "iss": "cdp",
        "aud": ["cdp_service"],
        "uris": ["POST api.coinbase.com/api/v3/brokerage/orders"],
    }
    check(key, token(pair, "EdDSA", uri="", **named), NOW_S * 1000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"uri": "GET api.coinbase.com/api/v3/brokerage/orders"},
        {"uri": "POST api.coinbase.com/api/v3/brokerage/orders/edit"},
        {"uri": 7},
        {"sub": "another"},
        {"iss": "another"},
        {"aud": ["another"]},
        {"exp": 1_700_000_000},
        {"nbf": 4_000_000_000},
        {"kid": "another"},
    ],
)
def test_a_token_is_for_one_request_of_one_key_for_a_while(wrong: dict[str, Any]) -> None:
    assert why(ELLIPTIC, token(CURVE, "ES256", **wrong)) == "Unauthorized"


@pytest.mark.parametrize("off_s", [-1, 120])
def test_a_token_is_judged_by_the_exchanges_own_clock(off_s: int) -> None:
    assert why(ELLIPTIC, token(CURVE, "ES256"), (NOW_S + off_s) * 1000) == "Unauthorized"


def test_a_token_of_another_key_or_of_none_is_refused() -> None:
    assert why(ELLIPTIC, token(generate_private_key(SECP256R1()), "ES256")) == "Unauthorized"
    assert why(ELLIPTIC, token(Ed25519PrivateKey.generate(), "EdDSA")) == "Unauthorized"
    assert why(ELLIPTIC, token(None, "none")) == "Unauthorized"
    assert why(ELLIPTIC, replace(ORDERS, headers={"Authorization": "Bearer x"})) == "Unauthorized"
    assert why(KEY, token(CURVE, "ES256")) == "Unauthorized"
