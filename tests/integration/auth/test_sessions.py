"""Sessions: refreshing, ending, and what other services can tell of them."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from sqlalchemy import func, select, text

from capitalino.kit.auth import EPOCH, READY, REVOKED, Principal
from capitalino.kit.db import StorageUnavailable
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.domain.sessions import Reason
from capitalino.services.auth.errors import LoginUnknown, RoleUnknown, SessionOver, SessionUnknown
from capitalino.services.auth.module import build
from capitalino.services.auth.service.outcomes import Reached
from capitalino.services.auth.tables import refresh, session
from tests.integration.auth.world import OURS, PASSWORD, World, claims_of, user_of

EMAIL = "sara@example.com"


def secret_of(web: httpx.AsyncClient) -> str:
    return web.cookies["capitalino_refresh"]


def principal_of(opened: dict[str, Any]) -> Principal:
    claims = claims_of(opened["access_token"])
    return Principal(user_id=UUID(claims["sub"]), session_id=UUID(claims["sid"]))


async def patient(world: World, secret: str) -> Reached:
    """As a browser does: who is told that the database is busy asks again."""
    for _ in range(20):
        with suppress(StorageUnavailable):
            return await world.auth.sessions.refresh(secret)
    raise AssertionError("busy for ever")


async def told(world: World, subject: str) -> list[dict[str, Any]]:
    query = text("select payload from auth.outbox where subject = :subject order by seq")
    async with world.db.read() as tx:
        return [row.payload for row in await tx.conn.execute(query, {"subject": subject})]


async def test_a_refresh_gives_a_new_token_and_a_new_cookie(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        before = secret_of(web)
        answer = await web.post("/api/v1/sessions/refreshes", headers=OURS)
        assert answer.status_code == 201, answer.text
        assert secret_of(web) != before
    data = answer.json()["data"]
    assert data["user"] == opened["user"]
    assert claims_of(data["access_token"])["sid"] == claims_of(opened["access_token"])["sid"]


async def test_the_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        answer = await web.post("/api/v1/sessions/refreshes", headers=OURS)
    (cookie,) = answer.headers.get_list("set-cookie")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "Path=/" in cookie
    assert "Max-Age" not in cookie


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Requested-With": "XMLHttpRequest"}, OURS | {"Origin": "https://evil.example"}],
)
async def test_a_refresh_that_another_site_could_send_is_refused(
    world: World, headers: dict[str, str]
) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        answer = await web.post("/api/v1/sessions/refreshes", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "auth.origin_refused")


async def test_fifty_refreshes_at_once_have_one_outcome(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        secret = secret_of(web)
    done = await asyncio.gather(*(patient(world, secret) for _ in range(50)))
    (following,) = {reached.refresh_secret for reached in done}
    assert following != secret
    async with world.db.read() as tx:
        assert (await tx.conn.execute(select(func.count()).select_from(refresh))).scalar() == 2
    again = await world.auth.sessions.refresh(str(following))
    assert again.refresh_secret not in (None, following, secret)
    assert len(await world.auth.sessions.open_ones(principal_of(opened))) == 1


async def test_a_lost_answer_is_given_again_even_when_others_went_on(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        first = secret_of(web)
    second = (await world.auth.sessions.refresh(first)).refresh_secret
    third = (await world.auth.sessions.refresh(str(second))).refresh_secret
    fourth = (await world.auth.sessions.refresh(str(third))).refresh_secret
    assert (await world.auth.sessions.refresh(first)).refresh_secret == fourth


async def test_a_secret_that_comes_back_after_the_grace_ends_the_session(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        first = secret_of(web)
        second = (await world.auth.sessions.refresh(first)).refresh_secret
        world.clock.advance(11)
        for secret in (first, second):
            with pytest.raises(SessionOver):
                await world.auth.sessions.refresh(str(secret))
        bearer = {"Authorization": f"Bearer {opened['access_token']}"}
        assert (await web.get("/api/v1/sessions", headers=bearer)).status_code == 401
    (closed,) = await told(world, "auth.session_closed.v1")
    assert closed["reason"] == "stolen"


async def test_whatever_is_refreshed_while_it_is_ended_is_dead(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        secret, principal = secret_of(web), principal_of(opened)
        close = world.auth.sessions.close(principal, principal.session_id, Reason.REVOKED)
        refreshes = [world.auth.sessions.refresh(secret) for _ in range(10)]
        done = await asyncio.gather(*refreshes[:5], close, *refreshes[5:], return_exceptions=True)
        minted = [one for one in done if isinstance(one, Reached)]
        for reached in minted:
            bearer = {"Authorization": f"Bearer {reached.access_token}"}
            assert (await web.get("/api/v1/sessions", headers=bearer)).status_code == 401
            with pytest.raises(SessionOver):
                await world.auth.sessions.refresh(str(reached.refresh_secret))


async def test_a_session_ends_when_it_is_idle_and_after_half_a_day(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        secret = secret_of(web)
    for _ in range(43_200 // 1700):
        world.clock.advance(1700)
        secret = str((await world.auth.sessions.refresh(secret)).refresh_secret)
    world.clock.advance(1700)
    with pytest.raises(SessionOver):
        await world.auth.sessions.refresh(secret)
    assert await world.auth.sessions.expire() == 1
    assert [one["reason"] for one in await told(world, "auth.session_closed.v1")] == ["expired"]
    async with world.browser() as web:
        await world.password(web, EMAIL)


async def test_signing_out_kills_the_token_and_the_cookie(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        secret = secret_of(web)
        bearer = {"Authorization": f"Bearer {opened['access_token']}"}
        answer = await web.delete("/api/v1/sessions/current", headers=bearer)
        assert answer.json()["data"] == {"state": "closed"}
        assert "capitalino_refresh" not in web.cookies
        assert (await web.get("/api/v1/sessions", headers=bearer)).status_code == 401
        with pytest.raises(SessionOver):
            await world.auth.sessions.refresh(secret)


async def test_one_ends_ones_own_sessions_and_nobody_elses(world: World) -> None:
    async with world.browser() as web, world.browser() as other:
        mine = await world.member(web, EMAIL)
        theirs = await world.member(other, "omid@example.com")
        session_id = claims_of(theirs["access_token"])["sid"]
        bearer = {"Authorization": f"Bearer {mine['access_token']}"}
        answer = await web.delete(f"/api/v1/sessions/{session_id}", headers=bearer)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "auth.session_unknown")
        with pytest.raises(SessionUnknown):
            await world.auth.sessions.close(principal_of(mine), UUID(int=7), Reason.REVOKED)
        assert len(await world.auth.sessions.open_ones(principal_of(theirs))) == 1


async def test_a_new_device_is_told_once(world: World) -> None:
    async with world.browser() as web, world.browser() as other:
        await world.member(web, EMAIL)
        await world.sign_in(web, EMAIL)
        await world.sign_in(other, EMAIL)
        await world.sign_in(other, EMAIL)
    seen = [one["is_new_device"] for one in await told(world, "auth.session_opened.v1")]
    assert seen == [False, False, True, False]


async def test_an_emptied_cache_is_filled_again(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        principal = principal_of(opened)
        await world.auth.sessions.close(principal, principal.session_id, Reason.REVOKED)
        await world.auth.logins.grant_role(principal.user_id, "support", by="test")
        await world.cache.flushdb()
        bearer = {"Authorization": f"Bearer {opened['access_token']}"}
        unknown = await web.delete("/api/v1/sessions/current", headers=bearer)
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (503, "auth_unavailable")
        await world.auth.epochs.refresh()
        assert await world.cache.get(READY) == b"1"
        assert await world.cache.get(REVOKED.format(session_id=principal.session_id)) == b"1"
        assert await world.cache.get(EPOCH.format(user_id=principal.user_id)) == b"1"
        assert (await web.get("/api/v1/sessions", headers=bearer)).status_code == 401


async def test_a_new_role_acts_at_once(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        assert await world.auth.logins.grant_role(user_of(opened), "operator", by="test")
        assert not await world.auth.logins.grant_role(user_of(opened), "operator", by="test")
        bearer = {"Authorization": f"Bearer {opened['access_token']}"}
        assert (await web.get("/api/v1/sessions", headers=bearer)).status_code == 401
        answer = await web.post("/api/v1/sessions/refreshes", headers=OURS)
        assert answer.json()["data"]["user"]["roles"] == ["investor", "operator"]
        await world.auth.logins.withdraw_role(user_of(opened), "investor", by="test")
        answer = await web.post("/api/v1/sessions/refreshes", headers=OURS)
    assert answer.json()["data"]["user"]["investor_id"] is None


async def test_anybody_can_check_a_token_from_the_public_keys_alone(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        answer = await web.get("/api/v1/jwks")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert set(answer.json()) == {"keys"}
    token = opened["access_token"]
    header = jwt.get_unverified_header(token)
    key = jwt.PyJWKSet.from_dict(answer.json())[header["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES256"], audience="capitalino")
    assert claims["sub"] == opened["user"]["user_id"]
    assert claims["inv"] == opened["user"]["investor_id"]
    assert claims["exp"] - claims["iat"] == 300
    assert "d" not in answer.json()["keys"][0]


async def test_keys_rotate_and_old_tokens_stay_good(world: World) -> None:
    first = await world.auth.keys.signer()
    world.clock.advance(7 * 86_400 - 600)
    await world.auth.keys.rotate()
    await world.auth.keys.rotate()
    published = [key["kid"] for key in (await world.auth.keys.document())["keys"]]
    assert len(published) == 2, "the next key is public before it signs"
    assert (await world.auth.keys.signer()).kid == first.kid
    world.clock.advance(600)
    second = await world.auth.keys.signer()
    assert [first.kid, second.kid] == published
    world.clock.advance(3601)
    await world.auth.keys.rotate()
    assert [key["kid"] for key in (await world.auth.keys.document())["keys"]] == [second.kid]


async def test_many_who_need_the_first_key_make_one(world: World) -> None:
    signers = await asyncio.gather(*(world.auth.keys.signer() for _ in range(10)))
    assert len({signer.kid for signer in signers}) == 1


async def test_what_is_long_over_is_forgotten(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        principal = principal_of(opened)
        await world.auth.sessions.close(principal, principal.session_id, Reason.REVOKED)
    assert await world.auth.cleaning.round() == 0
    world.clock.advance(2 * 86_400)
    assert await world.auth.cleaning.round() > 0
    async with world.db.read() as tx:
        assert (await tx.conn.execute(select(func.count()).select_from(refresh))).scalar() == 0
        assert (await tx.conn.execute(select(func.count()).select_from(session))).scalar() == 2
    world.clock.advance(500 * 86_400)
    assert await world.auth.cleaning.round() > 0
    async with world.db.read() as tx:
        assert (await tx.conn.execute(select(func.count()).select_from(session))).scalar() == 0


async def test_what_operators_do_is_written_down(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
    await world.auth.logins.grant_role(user_of(opened), "admin", by="capitalino demo")
    await world.auth.logins.withdraw_role(user_of(opened), "admin", by="capitalino demo")
    await world.auth.logins.stand(user_of(opened), Standing.DISABLED, by="capitalino demo")
    query = text("select principal, action, subject from auth.audit order by seq")
    async with world.db.read() as tx:
        rows = [tuple(row) for row in await tx.conn.execute(query)]
    mine = f"login:{user_of(opened)}"
    assert rows == [
        (str(user_of(opened)), "auth.factor_set", mine),
        ("capitalino demo", "auth.role_granted", mine),
        ("capitalino demo", "auth.role_withdrawn", mine),
        ("capitalino demo", "auth.login_stands", mine),
    ]
    with pytest.raises(RoleUnknown):
        await world.auth.logins.grant_role(user_of(opened), "god", by="test")
    with pytest.raises(LoginUnknown):
        await world.auth.logins.find("nobody@example.com")


async def test_the_mail_goes_out_by_itself_soon_after_registering(world: World) -> None:
    loops = {loop.name: loop for loop in build(world.given).loops}
    mails = asyncio.ensure_future(world.auth.mailing.round())
    await asyncio.sleep(0)
    await world.auth.registrations.register(EMAIL, PASSWORD, "en", Caller("192.0.2.1"))
    await mails
    await world.auth.mailing.round()
    assert world.mailbox.token()
    assert {"auth-mails", "auth-investors", "auth-keys", "auth-epochs", "auth-expiry"} <= loops.keys()
