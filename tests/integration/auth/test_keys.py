"""Signing keys that change in traffic, and sealing keys that are changed under what is stored."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import jwt
import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select

from capitalino.kit.auth import WITHDRAWN
from capitalino.kit.crypto import KeyRing, Unreadable
from capitalino.kit.crypto.resealing import BATCH_MAX, Resealing
from capitalino.kit.ids import new_id
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.signing import PUBLISH_AHEAD
from capitalino.services.auth.service.keys import KEEP_S
from capitalino.services.auth.service.sealed import COLUMNS
from capitalino.services.auth.tables import mail as mail_table
from capitalino.services.auth.tables import schema
from tests.integration.auth.world import KEY, OURS, World, bearer, quick_settings

EMAIL = "sara@example.com"
NEXT = "k2:" + b64encode(b"n" * 32).decode()


async def checked(world: World, web: Any, token: str) -> dict[str, Any]:
    """What PyJWT makes of a token, knowing nothing but the JWKS."""
    document = (await web.get("/api/v1/jwks")).json()
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(document).keys}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, key, ["ES256"], audience="capitalino", options={"verify_iat": False, "verify_exp": False}
    )
    return claims


async def test_a_scheduled_rotation_signs_nobody_out(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        made = await world.auth.keys.rotate_soon(by="command:root")
        # Whoever reads the JWKS now knows the next key before it signs.
        assert made.kid in {key["kid"] for key in (await world.auth.keys.document())["keys"]}
        assert (await world.auth.keys.signer()).kid != made.kid
        assert (await checked(world, web, opened["access_token"]))["purpose"] == "access"

        world.clock.advance((PUBLISH_AHEAD + timedelta(seconds=1)).total_seconds())
        renewed = (await web.post("/api/v1/sessions/refreshes", headers=OURS)).json()["data"]
        assert jwt.get_unverified_header(renewed["access_token"])["kid"] == made.kid
        assert (await checked(world, web, renewed["access_token"]))["purpose"] == "access"
        assert len({key["kid"] for key in (await world.auth.keys.document())["keys"]}) == 2
    assert "auth.key_rotated" in await world.audited()


async def test_rotating_twice_leaves_one_key_for_each_moment(world: World) -> None:
    await world.auth.keys.signer()
    first = await world.auth.keys.rotate_soon(by="x")
    second = await world.auth.keys.rotate_soon(by="x")
    assert first.kid not in {key.kid for key in await world.auth.keys.every()}
    world.clock.advance(PUBLISH_AHEAD.total_seconds() + 1)
    assert (await world.auth.keys.signer()).kid == second.kid
    await world.auth.keys.rotate()
    assert len(await world.auth.keys.every()) == 2


async def test_withdrawn_keys_are_worth_nothing_at_once_and_sessions_go_on(world: World) -> None:
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        old = jwt.get_unverified_header(opened["access_token"])["kid"]
        made = await world.auth.keys.replace_all(by="command:root")
        # The check has this key in memory still: it is the word in Valkey that kills the token.
        assert (await web.get("/api/v1/sessions", headers=bearer(opened))).status_code == 401
        assert {key["kid"] for key in (await world.auth.keys.document())["keys"]} == {made.kid}
        world.clock.advance(KEEP_S)  # another process looks for a new key
        renewed = (await web.post("/api/v1/sessions/refreshes", headers=OURS)).json()["data"]
        assert (await web.get("/api/v1/sessions", headers=bearer(renewed))).status_code == 200

        await world.cache.flushdb()
        await world.auth.epochs.refresh()
        assert await world.cache.get(WITHDRAWN.format(kid=old))
    assert "auth.keys_withdrawn" in await world.audited()


def sealing(world: World, keys: str) -> Resealing:
    """What a process with these sealing keys seals again."""
    settings = quick_settings(keys=SecretStr(keys))
    seals = Seals.of(settings, "development")
    return Resealing(world.db, seals.ring, COLUMNS, seals.again)


def test_every_sealed_column_is_sealed_again() -> None:
    named = {f"{t.name}.{c.name}" for t in schema.metadata.tables.values() for c in t.c if "sealed" in c.name}
    assert {f"{one.column.table.name}.{one.column.name}" for one in COLUMNS} == named


async def test_after_a_change_of_the_sealing_key_the_old_one_can_be_dropped(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        begun = sealing(world, f"{NEXT},k1:{KEY}")
        values = (await begun.counted())["k1"]
        assert values > 5
        assert await begun.round() == values
        assert await begun.counted() == {"k2": values}
        assert await begun.round() == 0
    old = Seals(KeyRing.parse(f"k1:{KEY}"), b"k" * 32)
    alone = Seals.of(quick_settings(keys=SecretStr(NEXT)), "development")
    async with world.db.begin() as tx:
        for one in COLUMNS:
            query = select(one.row, one.column).where(one.column.is_not(None))
            for row, stored in await tx.conn.execute(query):
                assert alone.open(stored, *one.place, row)
                with pytest.raises(Unreadable):
                    old.open(stored, *one.place, row)


class PowerCut(Exception):
    """The process is gone."""


async def test_a_process_that_dies_leaves_every_value_readable_and_the_next_goes_on(world: World) -> None:
    seals = Seals.of(quick_settings(), "development")
    now = world.clock.now()
    count = BATCH_MAX + 50
    async with world.db.begin() as tx:
        ids = [new_id() for _ in range(count)]
        rows = [
            {
                "mail_id": one,
                "kind": "confirm_email",
                "language": "en",
                "sealed": seals.seal(f"words {n}", "mail", "words", one),
                "state": "pending",
                "next_try_at": now,
                "created_at": now,
            }
            for n, one in enumerate(ids)
        ]
        await tx.conn.execute(insert(mail_table), rows)
    both = Seals.of(quick_settings(keys=SecretStr(f"{NEXT},k1:{KEY}")), "development")
    left = BATCH_MAX + 10

    def dies(stored: bytes, place: str) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise PowerCut
        return both.again(stored, place)

    with pytest.raises(PowerCut):
        await Resealing(world.db, both.ring, COLUMNS, dies).round()
    after = Resealing(world.db, both.ring, COLUMNS, both.again)
    assert await after.counted() == {"k2": BATCH_MAX, "k1": 50}
    assert await after.round() == 50
    async with world.db.begin() as tx:
        kept = {row.mail_id: row.sealed for row in await tx.conn.execute(select(mail_table))}
    for n, one in enumerate(ids):
        assert both.open(kept[one], "mail", "words", one) == f"words {n}"


async def test_with_one_key_there_is_nothing_to_do(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    assert await world.auth.resealing.round() == 0
