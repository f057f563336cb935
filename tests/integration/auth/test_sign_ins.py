"""Signing in: both steps, and everything that must not pass."""

import asyncio

import pytest
from sqlalchemy import select, update

from capitalino.kit.db import StorageUnavailable
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.errors import (
    ChallengeOver,
    CodeRefused,
    LoginBarred,
    SignInRefused,
    TooManyTries,
)
from capitalino.services.auth.tables import login, session
from tests.integration.auth.world import PASSWORD, World, quick_settings, totp, user_of

EMAIL = "sara@example.com"
HERE = Caller("192.0.2.1")


async def test_both_factors_open_a_session(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        opened = await world.sign_in(web, EMAIL)
        bearer = {"Authorization": f"Bearer {opened['access_token']}"}
        listed = (await web.get("/api/v1/sessions", headers=bearer)).json()
    assert opened["state"] == "open"
    assert opened["user"]["roles"] == ["investor"]
    assert [one["is_current"] for one in listed["data"]] == [True, False]
    assert listed["data"][0]["address"] == "192.0.2.1"


async def test_an_unknown_login_and_a_wrong_password_look_the_same(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        bodies = []
        for email in (EMAIL, "nobody@example.com", "no address at all"):
            answer = await web.post("/api/v1/sessions", json={"email": email, "password": "not this one!"})
            body = answer.json()
            bodies.append((answer.status_code, body["error"]))
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0][0] == 401


async def test_a_token_of_setting_up_is_good_for_nothing_else(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        first = await world.password(web, EMAIL)
        bearer = {"Authorization": f"Bearer {first['access_token']}"}
        assert (await web.get("/api/v1/sessions", headers=bearer)).status_code == 403
        assert (await web.post("/api/v1/totp", headers=bearer)).status_code == 201
    assert not web.cookies


async def test_a_token_of_setting_up_is_dead_once_it_is_done(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        first = await world.password(web, EMAIL)
        await world.set_up(web, EMAIL)
        bearer = {"Authorization": f"Bearer {first['access_token']}"}
        assert (await web.post("/api/v1/totp", headers=bearer)).status_code == 401


async def test_a_code_is_good_once(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        challenge = (await world.password(web, EMAIL))["challenge"]
        body = {"challenge": challenge, "code": world.last_code}
        answer = await web.post("/api/v1/sessions/second-factors", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "auth.code_refused")
        code = world.code(EMAIL)
        body = {"challenge": challenge, "code": code}
        assert (await web.post("/api/v1/sessions/second-factors", json=body)).status_code == 201
        second = (await world.password(web, EMAIL))["challenge"]
        body = {"challenge": second, "code": code}
        assert (await web.post("/api/v1/sessions/second-factors", json=body)).status_code == 401


async def test_of_ten_who_send_one_code_at_once_one_gets_in(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        challenges = [(await world.password(web, EMAIL))["challenge"] for _ in range(5)]
    code = world.code(EMAIL)
    steps = [world.auth.sign_ins.second_factor(challenge, code, HERE) for challenge in challenges]
    steps += [world.auth.sign_ins.second_factor(challenges[0], code, HERE) for _ in range(5)]
    done = await asyncio.gather(*steps, return_exceptions=True)
    refused = [one for one in done if isinstance(one, BaseException)]
    assert len(refused) == len(done) - 1
    assert all(
        isinstance(one, (CodeRefused, ChallengeOver, TooManyTries, StorageUnavailable)) for one in refused
    )


async def test_a_challenge_is_good_for_one_sign_in_and_five_minutes(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        used = (await world.password(web, EMAIL))["challenge"]
        await world.auth.sign_ins.second_factor(used, world.code(EMAIL), HERE)
        with pytest.raises(ChallengeOver):
            await world.auth.sign_ins.second_factor(used, world.code(EMAIL), HERE)
        late = (await world.password(web, EMAIL))["challenge"]
        world.clock.advance(301)
        with pytest.raises(ChallengeOver):
            await world.auth.sign_ins.second_factor(late, world.code(EMAIL), HERE)


async def test_a_recovery_code_is_good_once(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        codes = (await world.set_up(web, EMAIL))["recovery_codes"]
        assert len(set(codes)) == 10
        first = (await world.password(web, EMAIL))["challenge"]
        await world.auth.sign_ins.second_factor(first, codes[3].lower().replace("-", " "), HERE)
        second = (await world.password(web, EMAIL))["challenge"]
        with pytest.raises(CodeRefused):
            await world.auth.sign_ins.second_factor(second, codes[3], HERE)
        await world.auth.sign_ins.second_factor(second, codes[4], HERE)


async def test_replacing_the_factor_needs_a_code_of_it_and_ends_other_sessions(world: World) -> None:
    async with world.browser() as web, world.browser() as other:
        await world.member(other, EMAIL)
        mine = await world.sign_in(web, EMAIL)
        bearer = {"Authorization": f"Bearer {mine['access_token']}"}
        bare = await web.post("/api/v1/totp", headers=bearer)
        assert (bare.status_code, bare.json()["error"]["code"]) == (403, "auth.code_needed")
        made = await web.post("/api/v1/totp", headers=bearer, json={"code": world.code(EMAIL)})
        assert made.status_code == 201, made.text
        new = made.json()["data"]["secret"]
        body = {"code": totp(new, world.clock.now())}
        done = await web.post("/api/v1/totp/confirmations", headers=bearer, json=body)
        assert done.status_code == 201, done.text
        assert done.json()["data"]["session"]["state"] == "open"
        sessions = (await web.get("/api/v1/sessions", headers=bearer)).json()["data"]
    assert [one["is_current"] for one in sessions] == [True]


async def test_wrong_passwords_from_one_place_wait_longer_and_longer(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        body = {"email": EMAIL, "password": "not this one!"}
        for _ in range(10):  # the last of them are 16 s apart, longer than a slow machine takes for two
            world.clock.advance(20)
            assert (await web.post("/api/v1/sessions", json=body)).status_code == 401
        blocked = await web.post("/api/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
        assert (blocked.status_code, blocked.json()["error"]["code"]) == (429, "auth.too_many_tries")
        assert 20 < int(blocked.headers["Retry-After"]) <= 32
        world.clock.advance(32)
        assert (await web.post("/api/v1/sessions", json={"email": EMAIL, "password": PASSWORD})).is_success
        assert (await web.post("/api/v1/sessions", json=body)).status_code == 401, "counted from the start"


async def test_many_guesses_at_once_are_many_tries(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
    guesses = [world.auth.sign_ins.sign_in(EMAIL, f"guess number {n} of many", HERE) for n in range(20)]
    done = await asyncio.gather(*guesses, return_exceptions=True)
    refused = sum(isinstance(one, SignInRefused) for one in done)
    assert 0 < refused < 9, "five are free; a slow machine's seconds allow a few more"


async def test_a_stranger_cannot_lock_out_a_known_device(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        seen = []
        for n in range(60):
            async with world.browser(f"198.51.100.{n}") as stranger:
                body = {"email": EMAIL, "password": "not this one!"}
                seen.append((await stranger.post("/api/v1/sessions", json=body)).status_code)
        assert seen[-1] == 429, "guesses from many places are slowed down together"
        assert (await world.password(web, EMAIL))["state"] == "second_factor"


@pytest.mark.parametrize("standing", [Standing.LOCKED, Standing.DISABLED])
async def test_nothing_is_issued_to_a_barred_login(world: World, standing: Standing) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        challenge = (await world.password(web, EMAIL))["challenge"]
        secret = web.cookies["capitalino_refresh"]
        async with (
            world.db.begin() as tx
        ):  # not through the service, which would end challenge and session too
            await tx.conn.execute(update(login).values(standing=standing))
        with pytest.raises(LoginBarred):
            await world.auth.sign_ins.sign_in(EMAIL, PASSWORD, HERE)
        with pytest.raises(LoginBarred):
            await world.auth.sign_ins.second_factor(challenge, world.code(EMAIL), HERE)
        with pytest.raises(LoginBarred):
            await world.auth.sessions.refresh(secret)
        bearer = {"Authorization": f"Bearer {opened['access_token']}"}
        assert (await web.post("/api/v1/totp", headers=bearer)).status_code == 403


async def test_barring_a_login_ends_everything_at_once(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        challenge = (await world.password(web, EMAIL))["challenge"]
        await world.auth.logins.stand(user_of(opened), Standing.LOCKED, by="test")
        bearer = {"Authorization": f"Bearer {opened['access_token']}"}
        assert (await web.get("/api/v1/sessions", headers=bearer)).status_code == 401
        await world.auth.logins.stand(user_of(opened), Standing.ACTIVE, by="test")
        with pytest.raises(ChallengeOver):
            await world.auth.sign_ins.second_factor(challenge, world.code(EMAIL), HERE)


async def test_a_hash_grows_with_the_settings(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
    stronger = type(world.auth.passwords)(quick_settings(hash_time_cost=2))
    before = (await world.auth.logins.find(EMAIL)).password_hash
    world.auth.sign_ins._passwords = stronger
    await world.auth.sign_ins.sign_in(EMAIL, PASSWORD, HERE)
    after = (await world.auth.logins.find(EMAIL)).password_hash
    assert before != after
    assert "t=2" in after


async def test_the_twenty_first_session_ends_the_one_used_longest_ago(world: World) -> None:
    async with world.browser() as web:
        first = await world.member(web, EMAIL)
        for _ in range(20):
            await world.sign_in(web, EMAIL)
    async with world.db.read() as tx:
        rows = (await tx.conn.execute(select(session).where(session.c.purpose == "access"))).all()
    (closed,) = (row for row in rows if row.closed_at)
    assert (closed.user_id, closed.close_reason) == (user_of(first), "crowded_out")
    assert closed.opened_at == min(row.opened_at for row in rows)
