"""Another password: by mail or in a session, and what ends with the old one."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event, select, update

from capitalino.kit.errors import AppError, RateLimited
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.errors import (
    ChallengeOver,
    LinkNotGood,
    LoginBarred,
    PasswordRefused,
    SignInRefused,
)
from capitalino.services.auth.tables import login, mail, password_reset
from tests.integration.auth.world import OURS, PASSWORD, World, bearer, refused, user_of

EMAIL = "sara@example.com"
NEW = "another one that nobody has said"
HERE = Caller("192.0.2.1")


async def link(world: World) -> str:
    await world.auth.password_changes.ask(EMAIL, HERE)
    await world.mailed()
    return world.mailbox.token()


async def test_a_reset_ends_everything_and_asks_for_the_second_factor(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        asked = await web.post("/api/v1/password-resets", json={"email": EMAIL})
        assert asked.json()["data"] == {"state": "check_email"}
        await world.mailed()
        body = {"token": world.mailbox.token(), "password": NEW}
        done = await web.post("/api/v1/password-resets/completions", json=body)
        assert done.status_code == 201, done.text
        assert done.json()["data"] == {"state": "changed"}
        assert not done.headers.get_list("set-cookie")
        assert (await web.get("/api/v1/sessions", headers=bearer(opened))).status_code == 401
        assert (await web.post("/api/v1/sessions/refreshes", headers=OURS)).status_code == 401
        with pytest.raises(SignInRefused):
            await world.auth.sign_ins.sign_in(EMAIL, PASSWORD, HERE)
        assert (await world.password(web, EMAIL, NEW))["state"] == "second_factor"
    assert "Your password was changed" in await world.mailed()


async def test_a_link_works_once_whoever_else_opens_it(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    token = await link(world)
    resets = [world.auth.password_changes.reset(token, f"{NEW} {n}", HERE) for n in range(4)]
    done = await asyncio.gather(*resets, return_exceptions=True)
    assert done.count(None) == 1
    assert all(isinstance(one, AppError) for one in done if one is not None)
    with pytest.raises(LinkNotGood):
        await world.auth.password_changes.reset(token, NEW, HERE)


async def test_a_link_ends_after_half_an_hour_and_with_the_next_password(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    first, second, third = await link(world), await link(world), await link(world)
    await world.auth.password_changes.reset(second, NEW, HERE)
    with pytest.raises(LinkNotGood):
        await world.auth.password_changes.reset(first, PASSWORD, HERE)
    last = await link(world)
    world.clock.advance(1801)
    for token in (third, last):
        with pytest.raises(LinkNotGood):
            await world.auth.password_changes.reset(token, PASSWORD, HERE)


async def test_an_unknown_address_leaves_the_same_rows_and_gets_no_mail(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        sent = len(await world.mailed())
        answers = [
            await web.post("/api/v1/password-resets", json={"email": email})
            for email in (EMAIL, "nobody@example.com", "no address at all")
        ]
    told = [(one.status_code, one.json()["data"]) for one in answers]
    assert told[0] == told[1] == told[2]
    assert len(await world.mailed()) == sent + 1
    async with world.db.read() as tx:
        states = list((await tx.conn.execute(select(password_reset.c.state))).scalars())
        kind = mail.c.kind == "reset_password"
        mails = list((await tx.conn.execute(select(mail.c.state).where(kind))).scalars())
    assert sorted(states) == ["open", "void", "void"]
    assert sorted(mails) == ["given_up", "given_up", "sent"]


async def test_an_unknown_address_costs_as_many_statements(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    counts = []
    for address in (EMAIL, "nobody@example.com"):
        made: list[str] = []

        def seen(_connection: Any, _cursor: Any, statement: str, *_more: Any, to: list[str] = made) -> None:
            to.append(statement.split(maxsplit=1)[0])

        event.listen(world.db.engine.sync_engine, "before_cursor_execute", seen)
        await world.auth.password_changes.ask(address, HERE)
        event.remove(world.db.engine.sync_engine, "before_cursor_execute", seen)
        counts.append(made)
    assert counts[0] == counts[1]
    assert counts[0].count("INSERT") == 2


async def test_the_token_is_stored_as_a_hash(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    token = await link(world)
    async with world.db.read() as tx:
        kept = (await tx.conn.execute(select(password_reset.c.token_hash))).scalar_one()
    assert token.encode() not in kept
    assert len(kept) == 32


async def test_one_mailbox_gets_ten_links_an_hour_and_one_place_asks_for_sixty(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    for _ in range(12):
        await world.auth.password_changes.ask(EMAIL, HERE)
    assert (await world.mailed()).count("Choose a new password") == 10
    for number in range(48):
        await world.auth.password_changes.ask(f"nobody{number}@example.com", HERE)
    with pytest.raises(RateLimited):
        await world.auth.password_changes.ask(EMAIL, HERE)


async def test_a_barred_login_is_reset_by_nobody(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
    token = await link(world)
    async with world.db.begin() as tx:
        barred = update(login).where(login.c.user_id == user_of(opened)).values(standing=Standing.LOCKED)
        await tx.conn.execute(barred)
    sent = len(await world.mailed())
    with pytest.raises(LoginBarred):
        await world.auth.password_changes.reset(token, NEW, HERE)
    await world.auth.password_changes.ask(EMAIL, HERE)
    assert len(await world.mailed()) == sent


async def test_an_easy_password_leaves_the_link_good(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    token = await link(world)
    with pytest.raises(PasswordRefused):
        await world.auth.password_changes.reset(token, "password1234", HERE)
    await world.auth.password_changes.reset(token, NEW, HERE)


async def test_a_change_keeps_this_session_and_ends_the_others(world: World) -> None:
    async with world.browser() as web, world.browser() as other:
        await world.member(other, EMAIL)
        opened = await world.sign_in(web, EMAIL)
        body = {"old_password": PASSWORD, "new_password": NEW}
        changed = await web.post("/api/v1/password-changes", headers=bearer(opened), json=body)
        assert changed.status_code == 201, changed.text
        assert (await web.get("/api/v1/sessions", headers=bearer(opened))).status_code == 401
        renewed: dict[str, Any] = changed.json()["data"]
        listed = (await web.get("/api/v1/sessions", headers=bearer(renewed))).json()["data"]
        assert [one["is_current"] for one in listed] == [True]
        assert (await other.post("/api/v1/sessions/refreshes", headers=OURS)).status_code == 401
        assert (await web.post("/api/v1/sessions/refreshes", headers=OURS)).status_code == 201
    assert "Your password was changed" in await world.mailed()


async def test_a_change_needs_the_present_password_which_cannot_be_guessed_on(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        body = {"old_password": "not the present one", "new_password": NEW}
        told = [
            refused(await web.post("/api/v1/password-changes", headers=bearer(opened), json=body))
            for _ in range(6)
        ]
    assert told[0] == (403, "auth.password_wrong")
    assert told[-1] == (429, "auth.too_many_tries")


async def test_a_change_needs_a_fresh_factor(world: World) -> None:
    async with world.browser() as web:
        opened = await world.stale(web, EMAIL)
        body = {"old_password": PASSWORD, "new_password": NEW}
        answer = await web.post("/api/v1/password-changes", headers=bearer(opened), json=body)
    assert refused(answer) == (403, "step_up_needed")


async def test_what_was_begun_with_the_old_password_is_over(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        challenge = (await world.password(web, EMAIL))["challenge"]
    await world.auth.password_changes.reset(await link(world), NEW, HERE)
    with pytest.raises(ChallengeOver):
        await world.auth.sign_ins.second_factor(challenge, world.code(EMAIL), HERE)
