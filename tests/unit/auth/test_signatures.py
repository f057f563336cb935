"""Signed requests and fresh factors in the kit: what is refused before any service is asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Request
from valkey.exceptions import ConnectionError as CacheAway

from capitalino.kit.auth import EpochUnknown, Freshness, Principal, Scope, StepUpNeeded
from capitalino.kit.auth import signatures as signed
from capitalino.kit.clock import SYSTEM
from capitalino.kit.errors import Unauthenticated

KEY = Ed25519PrivateKey.generate()
KEY_ID = uuid4()
NONCE = "n" * 22
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=10)


def shown(**different: Any) -> signed.Shown:
    unix_s = int(SYSTEM.now().timestamp())
    text = signed.text_of("GET", "/balances", "page=1", b"", unix_s, NONCE)
    values: dict[str, Any] = {"key_id": KEY_ID, "unix_s": unix_s, "nonce": NONCE, "signature": KEY.sign(text)}
    return signed.Shown(**(values | different))


def request(client: Any = ("192.0.2.7", 1), **headers: str) -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/balances",
        "query_string": b"page=1",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": client,
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    return Request(scope, receive)


def claims(*networks: str, key: str | None = None) -> dict[str, Any]:
    return {"networks": list(networks), "key": key or KEY.public_key().public_bytes_raw().hex()}


class Cache:
    """Valkey that is there for the first calls only."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    async def get(self, name: str) -> Any:
        """As Valkey."""
        return await self.set(name, 1)

    async def set(self, name: str, value: Any, **how: Any) -> bool:
        """As Valkey."""
        if self.calls == 0:
            raise CacheAway("away")
        self.calls -= 1
        return True


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Signature",
        "Bearer a.b.c",
        "Signature a:b:c:d",
        f"Signature {'-' * 36}:1767268800:{NONCE}:{'A' * 86}",
        f"Signature {KEY_ID}:1767268800:short:{'A' * 86}",
        f"Signature {KEY_ID}:1767268800:{NONCE}:{'A' * 85}",
        f"Signature {KEY_ID}:now:{NONCE}:{'A' * 86}",
    ],
    ids=[
        "nothing",
        "no parts",
        "a token",
        "other parts",
        "no id",
        "a short nonce",
        "half a signature",
        "no time",
    ],
)
def test_a_header_of_another_form_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        signed.shown(header)


async def test_a_good_one_says_from_where_it_comes() -> None:
    assert await signed.check(request(), shown(), claims("192.0.2.0/24")) == "192.0.2.7"
    assert await signed.check(request(None), shown(), claims()) == ""
    assert await signed.check(request(x_real_ip="192.0.2.9"), shown(), claims("192.0.2.9/32")) == "192.0.2.9"


@pytest.mark.parametrize(
    "bad",
    [
        lambda: signed.check(request(), shown(), claims("198.51.100.0/24")),
        lambda: signed.check(request(("a socket", 0)), shown(), claims("192.0.2.0/24")),
        lambda: signed.check(request(content_type="multipart/form-data"), shown(), claims()),
        lambda: signed.check(request(), shown(signature=b"x" * 64), claims()),
        lambda: signed.check(request(), shown(), claims(key="00")),
        lambda: signed.check(request(), shown(unix_s=1_767_268_800), claims()),
        lambda: signed.check(request(idempotency_key="k1"), shown(), claims()),
    ],
    ids=[
        "from elsewhere",
        "from nowhere",
        "a form",
        "another signature",
        "no key",
        "late",
        "another request",
    ],
)
async def test_a_bad_one_is_refused(bad: Callable[[], Any]) -> None:
    with pytest.raises(Unauthenticated):
        await bad()


async def test_without_the_cache_no_key_is_believed() -> None:
    away: Any = Cache(0)
    with pytest.raises(EpochUnknown):
        await signed.stored_pass(away, KEY_ID)
    with pytest.raises(EpochUnknown):
        await signed.use(away, shown(), "192.0.2.7")
    nearly: Any = Cache(1)
    await signed.use(nearly, shown(), "192.0.2.7")  # when it was used last is not worth a refusal


@pytest.mark.parametrize(
    "proved_at, is_fresh",
    [(None, False), (NOW - timedelta(minutes=11), False), (NOW - MINUTES, True), (NOW, True)],
    ids=["never", "long ago", "just so", "now"],
)
def test_a_factor_is_fresh_for_as_long_as_the_route_says(
    proved_at: datetime | None, *, is_fresh: bool
) -> None:
    fresh = Freshness(Principal(uuid4(), uuid4(), auth_time=proved_at), NOW)
    fresh.demand_above(Decimal("1000.00"), Decimal(1000), MINUTES)
    demands: tuple[Callable[[], None], ...] = (
        lambda: fresh.demand(MINUTES),
        lambda: fresh.demand_above(Decimal("1000.01"), Decimal(1000), MINUTES),
    )
    for demand in demands:
        if is_fresh:
            demand()
        else:
            with pytest.raises(StepUpNeeded) as told:
                demand()
            assert told.value.details == {"within_s": 600}


def test_a_key_proves_itself_with_each_request() -> None:
    Freshness(Principal(uuid4(), uuid4(), scopes=frozenset({Scope.WITHDRAW})), NOW).demand(MINUTES)
