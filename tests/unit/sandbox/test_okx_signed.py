"""Who may ask OKX's side of the sandbox."""

import hashlib
import hmac
from base64 import b64encode

import pytest

from capitalino.sandbox.okx_refusals import OkxRefusal
from capitalino.sandbox.okx_signed import OkxKey, Sent, check

KEY = OkxKey("our-key", "our-secret", "our-passphrase")
NOW_MS = 1_607_418_537_715
"""Of the timestamp that OKX's documentation shows."""
TIMESTAMP = "2020-12-08T09:08:57.715Z"
PATH = "/api/v5/account/balance?ccy=BTC"


def sent(method: str = "GET", path: str = PATH, body: str = "", **changed: str) -> Sent:
    """A request that is signed rightly, whatever is changed in its headers afterwards."""
    timestamp = changed.get("timestamp", TIMESTAMP)
    text = timestamp + method + path + body
    headers = {
        "OK-ACCESS-KEY": KEY.name,
        "OK-ACCESS-SIGN": b64encode(hmac.digest(KEY.secret.encode(), text.encode(), hashlib.sha256)).decode(),
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": KEY.passphrase,
    }
    headers |= {f"OK-ACCESS-{name.upper()}": value for name, value in changed.items()}
    return Sent(method, path, body, headers)


def refused(request: Sent, now_ms: int = NOW_MS) -> str:
    with pytest.raises(OkxRefusal) as refusal:
        check(KEY, request, now_ms)
    assert refusal.value.status == 401
    return refusal.value.code


@pytest.mark.parametrize(
    "request_",
    [
        sent(),
        sent("POST", "/api/v5/trade/order", '{"instId":"BTC-EUR"}'),
        sent(timestamp="2020-12-08T09:08:57Z"),
    ],
)
def test_what_is_signed_rightly_is_let_in(request_: Sent) -> None:
    check(KEY, request_, NOW_MS)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"key": ""}, "50103"),
        ({"passphrase": ""}, "50104"),
        ({"sign": ""}, "50106"),
        ({"timestamp": ""}, "50107"),
        ({"key": "another"}, "50111"),
        ({"passphrase": "another"}, "50105"),
        ({"sign": "YWJj"}, "50113"),
        ({"sign": "é"}, "50113"),
        ({"timestamp": "1607418537715"}, "50112"),
        ({"timestamp": "2020-12-08T09:08:57.715"}, "50112"),
        ({"timestamp": "soon"}, "50112"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_with_its_own_code(changed: dict[str, str], code: str) -> None:
    assert refused(sent(**changed)) == code


def test_everything_that_is_sent_is_signed() -> None:
    headers = sent("POST", "/api/v5/trade/order", '{"sz":"1"}').headers
    for other in (
        Sent("GET", "/api/v5/trade/order", '{"sz":"1"}', headers),
        Sent("POST", "/api/v5/trade/order?x=1", '{"sz":"1"}', headers),
        Sent("POST", "/api/v5/trade/order", '{"sz":"2"}', headers),
    ):
        assert refused(other) == "50113"


@pytest.mark.parametrize("away_ms", [30_001, -30_001])
def test_a_time_that_is_half_a_minute_away_is_refused(away_ms: int) -> None:
    check(KEY, sent(), NOW_MS + away_ms // 2)
    assert refused(sent(), NOW_MS + away_ms) == "50102"
