"""Who may do what: tokens that stand, tokens that don't, and the checks that routes carry."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from valkey.exceptions import ConnectionError as CacheAway

from capitalino.kit import http
from capitalino.kit.auth import (
    EPOCH,
    READY,
    REVOKED,
    EpochUnknown,
    Identify,
    Investor,
    Principal,
    Public,
    SettingUp,
    Somebody,
    Staff,
    may,
)
from capitalino.kit.edge import Edge
from capitalino.kit.errors import Forbidden, Unauthenticated

KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
USER, SESSION, INVESTOR = uuid4(), uuid4(), uuid4()
ADMIN = may("admin", "auditor")


class Keys:
    """One key."""

    async def find(self, key_id: str) -> Any:
        """As `kit.keys.PublicKeys`."""
        return {"k1": KEY.public_key()}[key_id]


class Cache:
    """Valkey as `Identify` sees it: full, and then as a test says."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {READY: b"1"}
        self.is_away = False

    async def mget(self, names: list[str]) -> list[bytes | None]:
        """As Valkey."""
        if self.is_away:
            raise CacheAway("away")
        return [self.rows.get(name) for name in names]


@pytest.fixture
def cache() -> Cache:
    return Cache()


@pytest.fixture
def identify(cache: Cache) -> Identify:
    keys: Any = Keys()
    there: Any = cache
    return Identify(keys, there)


def token(*, key: Any = KEY, headers: Any = None, **different: Any) -> str:
    now = datetime.now(UTC)
    claims = {
        "sub": str(USER),
        "sid": str(SESSION),
        "inv": str(INVESTOR),
        "roles": ["investor"],
        "purpose": "access",
        "epoch": 3,
        "aud": "capitalino",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    claims |= different
    kept = {name: value for name, value in claims.items() if value is not None}
    algorithm = "HS256" if isinstance(key, str) else "ES256"
    return jwt.encode(kept, key, algorithm, {"kid": "k1", **(headers or {})})


async def test_a_token_that_stands_says_who_it_is(identify: Identify) -> None:
    principal = await identify(f"Bearer {token()}", is_reading=True)
    assert principal == Principal(USER, SESSION, INVESTOR, frozenset({"investor"}), "access")
    assert principal.investor == INVESTOR
    assert await identify(f"bearer {token()}", is_reading=False) == principal


async def test_a_login_may_act_for_no_investor(identify: Identify) -> None:
    principal = await identify(f"Bearer {token(inv=None, roles=None)}", is_reading=True)
    assert (principal.investor_id, principal.roles) == (None, frozenset())
    with pytest.raises(Forbidden):
        _ = principal.investor


NOW = datetime.now(UTC)
BAD = {
    "nothing": None,
    "empty": "",
    "no token": "Bearer",
    "an empty token": "Bearer ",
    "no JWT": "Bearer no.good.token",
    "another scheme": "Basic YTpi",
    "an unknown scheme": f"Token {token()}",
    "another's signature": f"Bearer {token(key=OTHER)}",
    "an unknown key": f"Bearer {token(headers={'kid': 'k2'})}",
    "a shared secret": f"Bearer {token(key='a shared secret is no key of ours')}",
    "for somebody else": f"Bearer {token(aud='somebody else')}",
    "expired": f"Bearer {token(exp=datetime.now(UTC) - timedelta(seconds=6))}",
    "of the future": f"Bearer {token(iat=NOW + timedelta(days=1), exp=NOW + timedelta(days=2))}",
    **{
        f"without {claim}": f"Bearer {token(**{claim: None})}"
        for claim in ("sub", "sid", "epoch", "purpose", "aud", "exp", "iat")
    },
}


@pytest.mark.parametrize("what", BAD)
async def test_what_does_not_stand_is_refused(identify: Identify, what: str) -> None:
    with pytest.raises(Unauthenticated):
        await identify(BAD[what], is_reading=True)


async def test_clocks_may_differ_by_a_moment(identify: Identify) -> None:
    late = token(exp=datetime.now(UTC) - timedelta(seconds=2))
    assert (await identify(f"Bearer {late}", is_reading=True)).user_id == USER


@pytest.mark.parametrize("is_reading", [True, False])
async def test_a_session_that_is_over_is_refused(identify: Identify, cache: Cache, is_reading: bool) -> None:  # noqa: FBT001
    cache.rows[REVOKED.format(session_id=SESSION)] = b"1"
    with pytest.raises(Unauthenticated, match="over"):
        await identify(f"Bearer {token()}", is_reading=is_reading)


async def test_a_token_of_an_older_epoch_is_refused(identify: Identify, cache: Cache) -> None:
    cache.rows[EPOCH.format(user_id=USER)] = b"4"
    with pytest.raises(Unauthenticated):
        await identify(f"Bearer {token(epoch=3)}", is_reading=True)
    assert (await identify(f"Bearer {token(epoch=4)}", is_reading=False)).user_id == USER


@pytest.mark.parametrize("trouble", ["away", "empty"])
async def test_when_epochs_cannot_be_told_reading_goes_on_and_writing_does_not(
    identify: Identify, cache: Cache, trouble: str
) -> None:
    cache.is_away = trouble == "away"
    cache.rows.clear()
    assert (await identify(f"Bearer {token()}", is_reading=True)).user_id == USER
    with pytest.raises(EpochUnknown):
        await identify(f"Bearer {token()}", is_reading=False)


@pytest.fixture
async def web(identify: Identify) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    http.install(app)

    @app.get("/investor")
    async def of_investor(who: Investor) -> UUID:
        return who.investor

    @app.get("/staff")
    async def of_staff(who: Staff) -> UUID:
        return who.user_id

    @app.get("/somebody")
    async def of_somebody(who: Somebody) -> UUID:
        return who.user_id

    @app.get("/setting-up")
    async def setting_up(who: SettingUp) -> UUID:
        return who.user_id

    @app.get("/admin", dependencies=[ADMIN])
    async def of_admin() -> str:
        return "yes"

    @app.get("/public", dependencies=[Public])
    async def of_anybody() -> str:
        return "yes"

    edged: Any = Edge(app, identify, show_stack=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edged), base_url="http://test") as client:
        yield client


PATHS = ("investor", "staff", "somebody", "setting-up", "admin", "public")


@pytest.mark.parametrize(
    "claims, allowed",
    [
        ({}, {"investor", "somebody", "setting-up", "public"}),
        ({"inv": None, "roles": []}, {"somebody", "setting-up", "public"}),
        ({"inv": None, "roles": ["support"]}, {"staff", "somebody", "setting-up", "public"}),
        ({"inv": None, "roles": ["admin"]}, {"staff", "admin", "somebody", "setting-up", "public"}),
        ({"roles": ["auditor"]}, {"investor", "staff", "admin", "somebody", "setting-up", "public"}),
        ({"purpose": "setup", "roles": ["admin"]}, {"setting-up", "public"}),
        ({"purpose": "other", "roles": ["admin"]}, {"public"}),
    ],
)
async def test_routes_check_who_calls(
    web: httpx.AsyncClient, claims: dict[str, Any], allowed: set[str]
) -> None:
    signed = {"Authorization": f"Bearer {token(**claims)}"}
    answers = {path: (await web.get(f"/{path}", headers=signed)).status_code for path in PATHS}
    assert answers == {path: 200 if path in allowed else 403 for path in PATHS}


async def test_without_a_token_only_the_public_is_open(web: httpx.AsyncClient) -> None:
    answers = {path: (await web.get(f"/{path}")).status_code for path in PATHS}
    assert answers == {path: 200 if path == "public" else 401 for path in PATHS}
