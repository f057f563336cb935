"""Passkeys, with an authenticator in software: made, shown in three places, and what must not pass."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from capitalino.kit.auth import Principal
from capitalino.kit.errors import AppError
from capitalino.kit.pages import Page
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.passkeys import Aim
from capitalino.services.auth.errors import CeremonyOver, PasskeyRefused, PasskeyTaken
from capitalino.services.auth.tables import passkey
from tests.integration.auth.world import World, bearer, claims_of, principal_of, refused
from tests.support.authenticator import Authenticator

EMAIL = "sara@example.com"
HERE = Caller("192.0.2.1")
NOT_GOOD: list[Any] = [
    {},
    {"id": None},
    {"id": "a"},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": []},
    {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": {"clientDataJSON": "e30", "attestationObject": "oQ"},
    },
    {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": {"clientDataJSON": "_w", "attestationObject": "_w"},
    },
]


async def send(web: httpx.AsyncClient, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    answer = await web.post(f"/api/v1/{path}", headers=headers, json=body)
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def owner(world: World, web: httpx.AsyncClient, device: Authenticator) -> dict[str, Any]:
    """A member with a passkey on this device; their session."""
    opened = await world.member(web, EMAIL)
    begun = await send(web, "passkey-options", **bearer(opened))
    body = {
        "ceremony": begun["ceremony"],
        "name": "My phone",
        "credential": device.make(begun["options"]),
    }
    await send(web, "passkeys", body, **bearer(opened))
    return opened


async def test_a_passkey_signs_in_alone(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web, world.browser("192.0.2.9") as other:
        await owner(world, web, device)
        begun = await send(other, "sessions/passkeys/options")
        assert begun["options"]["rpId"] == "localhost"
        assert begun["options"]["userVerification"] == "required"
        assert not begun["options"].get("allowCredentials")
        body = {"ceremony": begun["ceremony"], "credential": device.show(begun["options"])}
        opened = await send(other, "sessions/passkeys", body)
        assert opened["state"] == "open"
        assert sorted(claims_of(opened["access_token"])["amr"]) == ["hwk", "user"]
        assert other.cookies["capitalino_refresh"]
        again = await other.post("/api/v1/sessions/passkeys", json=body)
        assert refused(again) == (401, "auth.ceremony_over")
    assert "A passkey was added" in await world.mailed()


async def test_a_passkey_is_a_second_factor(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web:
        await owner(world, web, device)
        challenge = (await world.password(web, EMAIL))["challenge"]
        begun = await send(web, "sessions/second-factors/passkey-options", {"challenge": challenge})
        body = {"ceremony": begun["ceremony"], "credential": device.show(begun["options"])}
        stranger = (await world.password(web, EMAIL))["challenge"]
        elsewhere = await web.post(
            "/api/v1/sessions/second-factors/passkeys", json=body | {"challenge": stranger}
        )
        assert refused(elsewhere) == (401, "auth.ceremony_over")
        opened = await send(web, "sessions/second-factors/passkeys", body | {"challenge": challenge})
        assert claims_of(opened["access_token"])["amr"] == ["pwd", "hwk"]


async def test_a_passkey_steps_up_in_its_own_session_only(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web, world.browser() as other:
        opened = await owner(world, web, device)
        elsewhere = await world.sign_in(other, EMAIL)
        begun = await send(web, "sessions/step-ups/passkey-options", **bearer(opened))
        body = {"ceremony": begun["ceremony"], "credential": device.show(begun["options"])}
        answer = await other.post("/api/v1/sessions/step-ups", headers=bearer(elsewhere), json=body)
        assert refused(answer) == (401, "auth.ceremony_over")
        world.clock.advance(60)
        stepped = await send(web, "sessions/step-ups", body, **bearer(opened))
    before, after = claims_of(opened["access_token"]), claims_of(stepped["access_token"])
    assert after["auth_time"] - before["auth_time"] >= 60
    assert set(after["amr"]) == {"pwd", "otp", "hwk"}


async def test_a_challenge_is_good_for_five_minutes_and_one_aim(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web:
        who = principal_of(await owner(world, web, device))
    late = await world.auth.passkey_sign_ins.begin(HERE)
    credential = device.show(late.options)
    with pytest.raises(CeremonyOver):
        await world.auth.passkeys.answered(late.ceremony, Aim.STEP_UP, who.session_id)
    world.clock.advance(301)
    with pytest.raises(CeremonyOver):
        await world.auth.passkey_sign_ins.sign_in(late.ceremony, credential, HERE)


async def test_of_many_who_answer_one_challenge_at_once_one_gets_in(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web:
        await owner(world, web, device)
    begun = await world.auth.passkey_sign_ins.begin(HERE)
    credential = device.show(begun.options)
    steps = [world.auth.passkey_sign_ins.sign_in(begun.ceremony, credential, HERE) for _ in range(4)]
    done = await asyncio.gather(*steps, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 1
    assert all(isinstance(one, AppError) for one in done if isinstance(one, BaseException))


async def test_a_counter_that_goes_back_is_refused_and_told(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web:
        who = principal_of(await owner(world, web, device))
    await sign_in(world, device)
    await sign_in(world, device)
    device.residents[0].count = 0
    with pytest.raises(PasskeyRefused):
        await sign_in(world, device)
    assert "A passkey may have been copied" in await world.mailed()
    (view, *_), _ = await world.auth.activities.of(who, Page(10))
    assert (view.activity.act, view.address) == ("passkey_copied", "192.0.2.1")
    async with world.db.read() as tx:
        assert (await tx.conn.execute(select(passkey.c.sign_count))).scalar_one() == 2


async def test_devices_that_do_not_count_are_taken(world: World) -> None:
    device = Authenticator(counts=False)
    async with world.browser() as web:
        await owner(world, web, device)
    await sign_in(world, device)
    await sign_in(world, device)


async def test_another_page_another_key_and_an_unverified_user_are_refused(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web:
        await owner(world, web, device)
    for broken in (
        Authenticator(origin="http://localhost.evil.example:8000", residents=device.residents),
        Authenticator(verifies=False, residents=device.residents),
    ):
        with pytest.raises(PasskeyRefused):
            await sign_in(world, broken)
    stranger = Authenticator()
    stranger.make({"rp": {"id": "localhost"}, "user": {"id": "AAAA"}, "challenge": "AAAA"})
    with pytest.raises(PasskeyRefused):
        await sign_in(world, stranger)
    stranger.residents[0].credential_id = device.residents[0].credential_id
    with pytest.raises(PasskeyRefused):
        await sign_in(world, stranger)
    device.residents[0].user_handle = bytes(16)
    with pytest.raises(PasskeyRefused):
        await sign_in(world, device)


async def test_one_passkey_is_nobody_elses(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web, world.browser() as other:
        mine = await owner(world, web, device)
        theirs = principal_of(await world.member(other, "omid@example.com"))
        (made,) = (await web.get("/api/v1/passkeys", headers=bearer(mine))).json()["data"]
    begun = await world.auth.passkeys.begin(theirs)
    copied = Authenticator().make(begun.options, device.residents[0].credential_id)
    with pytest.raises(PasskeyTaken):
        await add(world, theirs, begun.ceremony, copied)
    for act in (
        world.auth.passkeys.rename(theirs, made["passkey_id"], "Mine now"),
        world.auth.passkeys.remove(theirs, made["passkey_id"], HERE),
    ):
        with pytest.raises(AppError) as told:
            await act
        assert told.value.code == "auth.passkey_unknown"


async def test_a_passkey_is_renamed_and_removed(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web:
        opened = await owner(world, web, device)
        (made,) = (await web.get("/api/v1/passkeys", headers=bearer(opened))).json()["data"]
        assert (made["name"], made["is_synced"]) == ("My phone", False)
        path = f"/api/v1/passkeys/{made['passkey_id']}"
        assert (await web.patch(path, headers=bearer(opened), json={"name": "Old phone"})).status_code == 200
        (renamed,) = (await web.get("/api/v1/passkeys", headers=bearer(opened))).json()["data"]
        assert renamed["name"] == "Old phone"
        assert (await web.delete(path, headers=bearer(opened))).status_code == 200
        assert refused(await web.delete(path, headers=bearer(opened))) == (404, "auth.passkey_unknown")
    with pytest.raises(PasskeyRefused):
        await sign_in(world, device)


async def test_making_one_needs_a_fresh_factor(world: World) -> None:
    async with world.browser() as web:
        opened = await world.stale(web, EMAIL)
        answer = await web.post("/api/v1/passkey-options", headers=bearer(opened))
    assert refused(answer) == (403, "step_up_needed")


async def test_what_no_authenticator_says_is_refused(world: World) -> None:
    device = Authenticator()
    async with world.browser() as web:
        who = principal_of(await owner(world, web, device))
    for credential in NOT_GOOD:
        begun = await world.auth.passkeys.begin(who)
        with pytest.raises(PasskeyRefused):
            await add(world, who, begun.ceremony, credential)
        shown = await world.auth.passkey_sign_ins.begin(HERE)
        with pytest.raises(PasskeyRefused):
            await world.auth.passkey_sign_ins.sign_in(shown.ceremony, credential, HERE)
        known = credential | {"id": device.show(shown.options)["id"]}
        third = await world.auth.passkey_sign_ins.begin(HERE)
        with pytest.raises(PasskeyRefused):
            await world.auth.passkey_sign_ins.sign_in(third.ceremony, known, HERE)


async def sign_in(world: World, device: Authenticator) -> None:
    begun = await world.auth.passkey_sign_ins.begin(HERE)
    await world.auth.passkey_sign_ins.sign_in(begun.ceremony, device.show(begun.options), HERE)


async def add(world: World, who: Principal, ceremony: str, credential: dict[str, Any]) -> None:
    await world.auth.passkeys.add(who, ceremony, "A phone", credential, HERE)
