"""Recovery codes: counted, made again, each good once for everything that asks for a code."""

import asyncio

from sqlalchemy import select

from capitalino.kit.errors import AppError
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.tables import recovery_code
from tests.integration.auth.world import World, bearer, principal_of, refused

EMAIL = "sara@example.com"
HERE = Caller("192.0.2.1")
CODES = "/api/v1/recovery-codes"


async def test_a_used_code_is_counted_and_told(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        codes = (await world.set_up(web, EMAIL))["recovery_codes"]
        challenge = (await world.password(web, EMAIL))["challenge"]
        body = {"challenge": challenge, "code": codes[0]}
        opened = (await web.post("/api/v1/sessions/second-factors", json=body)).json()["data"]
        left = (await web.get(CODES, headers=bearer(opened))).json()["data"]
    assert left["left"] == 9
    assert "A recovery code was used" in await world.mailed()


async def test_of_many_who_use_one_code_at_once_one_gets_in(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        made = await world.set_up(web, EMAIL)
    who, code = principal_of(made["session"]), made["recovery_codes"][5]
    steps = [world.auth.step_ups.with_code(who, code, HERE) for _ in range(4)]
    done = await asyncio.gather(*steps, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 1
    assert all(isinstance(one, AppError) for one in done if isinstance(one, BaseException))
    assert (await world.auth.recovery_codes.left(who)).count == 9


async def test_new_codes_end_the_old_ones_and_are_stored_as_hashes(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        made = await world.set_up(web, EMAIL)
        headers = bearer(made["session"])
        fresh = (await web.post(CODES, headers=headers)).json()["data"]["recovery_codes"]
        assert len({*fresh, *made["recovery_codes"]}) == 20
        old = await web.post(
            "/api/v1/sessions/step-ups", headers=headers, json={"code": made["recovery_codes"][0]}
        )
        assert refused(old) == (401, "auth.code_refused")
        new = await web.post("/api/v1/sessions/step-ups", headers=headers, json={"code": fresh[0]})
        assert new.status_code == 201
    async with world.db.read() as tx:
        kept = list((await tx.conn.execute(select(recovery_code.c.code_hash))).scalars())
    assert len(kept) == 10
    assert {len(one) for one in kept} == {32}
    assert "You have new recovery codes" in await world.mailed()


async def test_new_codes_need_a_fresh_factor(world: World) -> None:
    async with world.browser() as web:
        opened = await world.stale(web, EMAIL)
        answer = await web.post(CODES, headers=bearer(opened))
        assert refused(answer) == (403, "step_up_needed")
        assert answer.json()["error"]["details"] == {"within_s": 600}
        proof = {"code": world.code(EMAIL)}
        stepped = await web.post("/api/v1/sessions/step-ups", headers=bearer(opened), json=proof)
        assert (await web.post(CODES, headers=bearer(stepped.json()["data"]))).status_code == 201
