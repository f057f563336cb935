"""Devices and activity: where somebody is signed in, what is told of a new place, what is written down."""

from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError

from capitalino.kit.auth import Principal
from capitalino.kit.pages import Page
from capitalino.services.auth.domain.sessions import Reason
from capitalino.services.auth.tables import activity, login
from tests.integration.auth.outside import text_of
from tests.integration.auth.world import OURS, World, bearer, principal_of, user_of

EMAIL = "sara@example.com"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
EVIL = {"User-Agent": "Firefox. Call +1 555 0100 now! Windows"}


async def acts(world: World, who: Principal) -> list[str]:
    found, _ = await world.auth.activities.of(who, Page(50))
    return [one.activity.act.value for one in found]


async def test_a_session_says_with_what_and_from_where_it_is_used(world: World) -> None:
    async with world.browser() as web, world.browser("198.51.100.4") as moved:
        web.headers.update(FIREFOX)
        opened = await world.member(web, EMAIL)
        (first,) = (await web.get("/api/v1/sessions", headers=bearer(opened))).json()["data"]
        assert (first["device"], first["address"]) == ("Firefox, Linux", "192.0.2.1")
        moved.headers.update(FIREFOX)
        moved.cookies = web.cookies
        world.clock.advance(60)
        await moved.post("/api/v1/sessions/refreshes", headers=OURS)
        (then,) = (await web.get("/api/v1/sessions", headers=bearer(opened))).json()["data"]
    assert then["address"] == "198.51.100.4"
    assert then["used_at"] > first["used_at"]
    assert then["device_id"] == first["device_id"]


async def test_all_others_can_be_signed_out_at_once(world: World) -> None:
    async with world.browser() as web, world.browser() as one, world.browser() as two:
        await world.member(one, EMAIL)
        await world.sign_in(two, EMAIL)
        opened = await world.sign_in(web, EMAIL)
        answer = await web.delete("/api/v1/sessions/others", headers=bearer(opened))
        assert answer.json()["data"] == {"state": "closed", "ended": 2}
        for browser, status in ((one, 401), (two, 401), (web, 201)):
            assert (await browser.post("/api/v1/sessions/refreshes", headers=OURS)).status_code == status
        again = await web.delete("/api/v1/sessions/others", headers=bearer(opened))
        assert again.json()["data"]["ended"] == 0


async def test_a_new_device_is_mailed_but_not_the_very_first(world: World) -> None:
    async with world.browser() as web, world.browser("198.51.100.4") as other:
        await world.member(web, EMAIL)
        await world.sign_in(web, EMAIL)
        assert "A new device signed in" not in await world.mailed()
        other.headers.update(EVIL)
        await world.sign_in(other, EMAIL)
        await world.sign_in(other, EMAIL)
    assert (await world.mailed()).count("A new device signed in") == 1
    words = text_of(world.mailbox.mails[-1])
    assert "Firefox, Windows, 198.51.100.4" in words
    assert "555" not in words, "what a browser says of itself is a stranger's text"


async def test_what_was_done_can_be_read_page_by_page(world: World) -> None:
    async with world.browser() as web, world.browser() as other:
        opened = await world.member(web, EMAIL)
        await world.sign_in(other, EMAIL)
        await web.delete("/api/v1/sessions/others", headers=bearer(opened))
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            query = f"limit=2&cursor={cursor}" if cursor else "limit=2"
            answer = await web.get(f"/api/v1/security-activity?{query}", headers=bearer(opened))
            found += answer.json()["data"]
            cursor = answer.json()["meta"]["next_cursor"]
        theirs = await world.member(other, "omid@example.com")
    assert [one["act"] for one in found] == ["sessions_ended", "new_device", "signed_in", "factor_set"]
    assert {one["address"] for one in found} == {"192.0.2.1"}
    assert await acts(world, principal_of(theirs)) == ["signed_in", "factor_set"]


async def test_what_was_done_cannot_be_rewritten(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
    for statement in ("update auth.activity set act = 'stepped_up'", "delete from auth.activity"):
        with pytest.raises(DBAPIError, match="never changed"):
            async with world.db.begin() as tx:
                await tx.conn.execute(text(statement))
    async with world.db.begin() as tx:  # it goes with its login, and only so
        await tx.conn.execute(delete(login).where(login.c.user_id == user_of(opened)))
        assert (await tx.conn.execute(activity.select())).all() == []


async def test_a_stolen_session_is_written_down(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        stolen = web.cookies["capitalino_refresh"]
        await web.post("/api/v1/sessions/refreshes", headers=OURS)
        world.clock.advance(11)
        web.cookies.set("capitalino_refresh", stolen)
        await web.post(
            "/api/v1/sessions/refreshes", headers=OURS | {"Cookie": f"capitalino_refresh={stolen}"}
        )
    assert (await acts(world, principal_of(opened)))[0] == "session_stolen"


async def test_signing_out_twice_is_written_down_once(world: World) -> None:
    async with world.browser() as web:
        who = principal_of(await world.member(web, EMAIL))
    for _ in range(2):
        await world.auth.sessions.close(who, who.session_id, Reason.SIGNED_OUT)
    assert (await acts(world, who)).count("session_ended") == 1
