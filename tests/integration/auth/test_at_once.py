"""One login, everything at once, over two processes: each call is answered or refused, never stuck."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from capitalino.kit.auth import Principal
from capitalino.kit.errors import AppError
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.domain.sessions import Reason
from capitalino.services.auth.module import make
from capitalino.services.auth.tables import session
from tests.integration.auth.world import PASSWORD, World, claims_of, totp, user_of

EMAIL = "sara@example.com"
HERE = Caller("192.0.2.1")
ROUNDS = 6


@pytest.mark.parametrize("seed", range(3))
async def test_every_call_is_answered_or_refused(world: World, seed: int) -> None:
    chance, twins = random.Random(seed), (world.auth, make(world.given))
    async with world.browser() as web:
        opened = await world.member(web, EMAIL)
        secrets = [web.cookies["capitalino_refresh"]]
    user_id, claims = user_of(opened), claims_of(opened["access_token"])
    first = Principal(user_id=user_id, session_id=UUID(claims["sid"]))

    def one() -> Any:
        return chance.choice(twins)

    async def refresh() -> None:
        secrets.append(str((await one().sessions.refresh(chance.choice(secrets[-3:]))).refresh_secret))

    async def sign_in() -> None:
        reached = await one().sign_ins.sign_in(EMAIL, PASSWORD, HERE)
        code = totp(world.secrets[EMAIL], world.clock.now())
        done = await one().sign_ins.second_factor(str(reached.challenge), code, HERE)
        secrets.append(str(done.refresh_secret))

    async def end() -> None:
        await one().sessions.close(first, first.session_id, Reason.REVOKED)

    async def replace_factor() -> None:
        code = totp(world.secrets[EMAIL], world.clock.now())
        made, _ = await one().factors.set_up(first, HERE, code)
        await one().factors.confirm(first, HERE, totp(made, world.clock.now()))

    async def role() -> None:
        await one().logins.grant_role(user_id, chance.choice(["support", "auditor"]), by="test")

    async def in_or_out() -> None:
        await one().logins.stand(
            user_id, chance.choice([Standing.LOCKED, Standing.ACTIVE, Standing.ACTIVE]), by="test"
        )

    calls: list[Callable[[], Awaitable[object]]] = [
        refresh,
        refresh,
        sign_in,
        sign_in,
        role,
        in_or_out,
        end,
        replace_factor,
        lambda: one().step_ups.with_code(first, totp(world.secrets[EMAIL], world.clock.now()), HERE),
        lambda: one().sessions.close_others(first, HERE),
        lambda: one().password_changes.change(first, PASSWORD, PASSWORD, HERE),
        lambda: one().recovery_codes.renew(first, HERE),
    ]
    answered = 0
    for _ in range(ROUNDS):
        world.clock.advance(20)
        chosen = chance.sample(calls, 8)
        done = await asyncio.gather(*(call() for call in chosen), return_exceptions=True)
        answered += sum(not isinstance(error, BaseException) for error in done)
        broken = [
            error for error in done if isinstance(error, BaseException) and not isinstance(error, AppError)
        ]
        assert not broken
    assert answered > ROUNDS
    await world.auth.logins.stand(user_id, Standing.DISABLED, by="test")
    async with world.db.read() as tx:
        open_ones = select(func.count()).select_from(session).where(session.c.closed_at.is_(None))
        assert (await tx.conn.execute(open_ones)).scalar() == 0
    for secret in secrets:
        with pytest.raises(AppError):
            await world.auth.sessions.refresh(secret)
