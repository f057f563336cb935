"""The first admin, roles that end, emergency access and its alarm, and closing every door at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Role, Standing
from capitalino.services.auth.errors import AdminExists, LinkNotGood, LoginBarred, SignInRefused
from capitalino.services.auth.tables import login
from tests.integration.auth.outside import text_of
from tests.integration.auth.world import OURS, World, bearer, claims_of, user_of

ADA, SARA = "ada@example.com", "sara@example.com"
NEW = "a password that Ada has chosen"
HERE = Caller("192.0.2.1")
HOUR = timedelta(hours=1)


async def arrive(world: World, web: Any, address: str = ADA) -> dict[str, Any]:
    """Become the first admin: by the command, its link, a password, a second factor."""
    entrusted = await world.auth.admins.first(address, "en", by="command:root")
    assert entrusted.token is not None
    await world.auth.password_changes.reset(entrusted.token, NEW, HERE)
    first = await world.password(web, address, NEW)
    assert first["state"] == "setup_factor"
    return await finish(world, web, address, bearer(first))


async def finish(world: World, web: Any, address: str, header: dict[str, str]) -> dict[str, Any]:
    made = await web.post("/api/v1/totp", headers=header)
    world.secrets[address] = made.json()["data"]["secret"]
    body = {"code": world.code(address)}
    confirmed = await web.post("/api/v1/totp/confirmations", headers=header, json=body)
    opened: dict[str, Any] = confirmed.json()["data"]["session"]
    return opened


async def test_the_first_admin_chooses_a_password_by_a_link_and_sets_up_a_factor(world: World) -> None:
    async with world.browser() as web:
        opened = await arrive(world, web)
    assert claims_of(opened["access_token"])["roles"] == ["admin"]
    assert claims_of(opened["access_token"])["inv"] is None
    assert await world.auth.admins.staff() == [(ADA, Role.ADMIN, None, Standing.ACTIVE)]
    assert "auth.first_admin" in await world.audited()


async def test_once_an_admin_has_arrived_there_is_no_other_first_one(world: World) -> None:
    async with world.browser() as web:
        await arrive(world, web)
    for address in (ADA, SARA):
        with pytest.raises(AdminExists):
            await world.auth.admins.first(address, "en", by="command:root")


async def test_until_then_it_may_be_asked_for_again_and_only_the_last_link_works(world: World) -> None:
    mistyped = await world.auth.admins.first("adda@example.com", "en", by="command:root")
    again = await world.auth.admins.first(ADA, "en", by="command:root")
    latest = await world.auth.admins.first(ADA, "en", by="command:root")
    for old in (mistyped, again):
        assert old.token is not None
        with pytest.raises(LinkNotGood):
            await world.auth.password_changes.reset(old.token, NEW, HERE)
    assert [address for address, *_ in await world.auth.admins.staff()] == [ADA]
    assert latest.token is not None
    await world.auth.password_changes.reset(latest.token, NEW, HERE)


async def test_of_many_at_once_one_is_the_first(world: World) -> None:
    addresses = [f"ada{n}@example.com" for n in range(6)]
    asked = [world.auth.admins.first(address, "en", by="command:root") for address in addresses]
    await asyncio.gather(*asked)
    assert len(await world.auth.admins.staff()) == 1


async def test_nobody_knows_the_password_before_it_is_chosen(world: World) -> None:
    await world.auth.admins.first(ADA, "en", by="command:root")
    with pytest.raises(SignInRefused):
        await world.auth.sign_ins.sign_in(ADA, NEW, HERE)


async def test_who_is_an_investor_already_keeps_the_password(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, SARA)
        entrusted = await world.auth.admins.first(SARA, "en", by="command:root")
        assert entrusted.token is None
        assert (await web.get("/api/v1/sessions", headers=bearer(opened))).status_code == 401
        renewed = await web.post("/api/v1/sessions/refreshes", headers=OURS)
        assert set(claims_of(renewed.json()["data"]["access_token"])["roles"]) == {"admin", "investor"}


async def test_no_investor_is_opened_for_who_is_staff_alone(world: World) -> None:
    await world.auth.admins.first(ADA, "en", by="command:root")
    await world.auth.investors.resume()
    assert world.users.opened == []


async def test_broken_glass_lets_somebody_in_for_a_while_and_everybody_hears_of_it(world: World) -> None:
    async with world.browser() as web:
        await arrive(world, web)
        sara = await world.member(web, SARA)
        entrusted = await world.auth.admins.break_glass(SARA, "en", HOUR, reason="no admin answers", by="x")
        assert entrusted.token is None
        renewed = await web.post("/api/v1/sessions/refreshes", headers=OURS)
        held = renewed.json()["data"]
        assert "admin" in claims_of(held["access_token"])["roles"]
        await world.mailed()
        alarms = [mail for mail in world.mailbox.mails if "ALARM" in mail["subject"]]
        assert {mail["to"] for mail in alarms} == {ADA, SARA}
        assert all(SARA in text_of(mail) for mail in alarms)
        noted = (await world.audited())["auth.glass_broken"]
        assert noted.principal == "x"
        assert "no admin answers" in str(noted.details)

        world.clock.advance(59 * 60)
        assert await world.auth.admins.end_roles() == 0
        world.clock.advance(61)
        assert await world.auth.admins.end_roles() == 1
        async with world.db.begin() as tx:
            now = await tx.conn.execute(select(login.c.epoch).where(login.c.user_id == user_of(sara)))
        assert now.scalar_one() > claims_of(held["access_token"])["epoch"]
    assert [address for address, *_ in await world.auth.admins.staff()] == [ADA]


async def test_broken_glass_makes_a_login_when_no_one_has_one(world: World) -> None:
    entrusted = await world.auth.admins.break_glass(ADA, "fa", HOUR, reason="all gone", by="x")
    assert entrusted.token is not None
    await world.auth.password_changes.reset(entrusted.token, NEW, HERE)
    async with world.browser() as web:
        assert (await world.password(web, ADA, NEW))["state"] == "setup_factor"


async def test_broken_glass_opens_no_locked_login(world: World) -> None:
    async with world.browser() as web:
        sara = await world.member(web, SARA)
    await world.auth.logins.stand(user_of(sara), Standing.LOCKED, by="x")
    with pytest.raises(LoginBarred):
        await world.auth.admins.break_glass(SARA, "en", HOUR, reason="why", by="x")


async def test_a_role_for_a_while_never_shortens_one_for_good(world: World) -> None:
    async with world.browser() as web:
        await arrive(world, web)
    await world.auth.admins.break_glass(ADA, "en", HOUR, reason="why", by="x")
    world.clock.advance(2 * 3600)
    assert await world.auth.admins.end_roles() == 0
    assert await world.auth.admins.staff() == [(ADA, Role.ADMIN, None, Standing.ACTIVE)]


async def test_everybody_is_signed_out_and_may_come_back(world: World) -> None:
    async with world.browser() as one, world.browser() as two:
        opened = [await world.member(one, ADA), await world.member(two, SARA)]
        assert await world.auth.logins.sign_out_everybody(by="x") == 2
        for web, held in zip((one, two), opened, strict=True):
            assert (await web.get("/api/v1/sessions", headers=bearer(held))).status_code == 401
            assert (await web.post("/api/v1/sessions/refreshes", headers=OURS)).status_code == 401
        assert (await world.sign_in(one, ADA))["state"] == "open"
