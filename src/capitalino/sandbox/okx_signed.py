"""Who may ask OKX: the key, its passphrase, a time that is near, and a signature over all that is asked."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from capitalino.sandbox.altered import altered
from capitalino.sandbox.okx_refusals import OkxRefusal
from capitalino.sandbox.when import EPOCH

NEAR_MS = 30_000
NEEDED = {
    "OK-ACCESS-KEY": "50103",
    "OK-ACCESS-PASSPHRASE": "50104",
    "OK-ACCESS-SIGN": "50106",
    "OK-ACCESS-TIMESTAMP": "50107",
}


@dataclass(frozen=True, slots=True)
class OkxKey:
    """The one API key that the exchange accepts."""

    name: str
    secret: str
    passphrase: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the path has the query behind it, the body is empty when there is none."""

    method: str
    path: str
    body: str
    headers: Mapping[str, str]


def check(key: OkxKey, sent: Sent, now_ms: int) -> None:
    """Refuse what is not signed with this key, or not now."""
    for header, code in NEEDED.items():
        if not sent.headers.get(header):
            raise OkxRefusal(code, f'Request header "{header}" cannot be empty.', 401)
    timestamp = sent.headers["OK-ACCESS-TIMESTAMP"]
    if abs(now_ms - _millis(timestamp)) > NEAR_MS:
        raise OkxRefusal("50102", "Timestamp request expired.", 401)
    if altered().is_key_revoked or sent.headers["OK-ACCESS-KEY"] != key.name:
        raise OkxRefusal("50111", "Invalid OK-ACCESS-KEY.", 401)
    if not _same(sent.headers["OK-ACCESS-PASSPHRASE"], key.passphrase):
        raise OkxRefusal("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', 401)
    if not _same(sent.headers["OK-ACCESS-SIGN"], signature(key.secret, timestamp, sent)):
        raise OkxRefusal("50113", "Invalid signature.", 401)


def signature(secret: str, timestamp: str, sent: Sent) -> str:
    """Over the time, the method, the path and the body."""
    text = f"{timestamp}{sent.method}{sent.path}{sent.body}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _millis(timestamp: str) -> int:
    try:
        instant = datetime.fromisoformat(timestamp)
    except ValueError:
        raise OkxRefusal("50112", "Invalid OK-ACCESS-TIMESTAMP.", 401) from None
    if instant.tzinfo is None:
        raise OkxRefusal("50112", "Invalid OK-ACCESS-TIMESTAMP.", 401)
    since = instant - EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
