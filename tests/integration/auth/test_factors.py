"""Setting up the second factor: what is refused on the way."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from capitalino.kit.auth import Principal
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.sessions import Reason
from capitalino.services.auth.errors import CodeRefused, FactorUnset, SessionOver, TooManyTries
from tests.integration.auth.world import World, claims_of, principal_of, totp

EMAIL = "sara@example.com"
HERE = Caller("192.0.2.1")


async def setting_up(world: World, web: httpx.AsyncClient) -> Principal:
    await world.register(web, EMAIL)
    claims: dict[str, Any] = claims_of((await world.password(web, EMAIL))["access_token"])
    assert claims["purpose"] == "setup"
    return Principal(UUID(claims["sub"]), UUID(claims["sid"]), purpose="setup")


async def test_a_code_before_there_is_a_secret_confirms_nothing(world: World) -> None:
    async with world.browser() as web:
        principal = await setting_up(world, web)
    with pytest.raises(FactorUnset):
        await world.auth.factors.confirm(principal, HERE, "123456")


async def test_a_wrong_code_confirms_nothing_and_counts_as_a_try(world: World) -> None:
    async with world.browser() as web:
        principal = await setting_up(world, web)
        secret, _ = await world.auth.factors.set_up(principal, HERE, None)
        right = totp(secret, world.clock.now())
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        for _ in range(5):
            with pytest.raises(CodeRefused):
                await world.auth.factors.confirm(principal, HERE, wrong)
        world.clock.advance(-1)  # however slow the machine is
        with pytest.raises(TooManyTries):
            await world.auth.factors.confirm(principal, HERE, right)
        assert (await world.password(web, EMAIL))["state"] == "setup_factor"


async def test_the_last_secret_asked_for_is_the_one(world: World) -> None:
    async with world.browser() as web:
        principal = await setting_up(world, web)
    first, _ = await world.auth.factors.set_up(principal, HERE, None)
    second, uri = await world.auth.factors.set_up(principal, HERE, None)
    assert second in uri
    with pytest.raises(CodeRefused):
        await world.auth.factors.confirm(principal, HERE, totp(first, world.clock.now()))
    codes, reached = await world.auth.factors.confirm(principal, HERE, totp(second, world.clock.now()))
    assert (len(codes), reached.state) == (10, "open")


async def test_a_session_that_ended_sets_nothing_up(world: World) -> None:
    async with world.browser() as web:
        principal = await setting_up(world, web)
    await world.auth.sessions.close(principal, principal.session_id, Reason.SIGNED_OUT)
    with pytest.raises(SessionOver):
        await world.auth.factors.set_up(principal, HERE, None)
    stranger = Principal(UUID(int=1), principal.session_id, purpose="setup")
    with pytest.raises(SessionOver):
        await world.auth.factors.set_up(stranger, HERE, None)


async def test_setting_up_takes_ten_minutes_at_most(world: World) -> None:
    async with world.browser() as web:
        principal = await setting_up(world, web)
    secret, _ = await world.auth.factors.set_up(principal, HERE, None)
    world.clock.advance(601)
    with pytest.raises(SessionOver):
        await world.auth.factors.confirm(principal, HERE, totp(secret, world.clock.now()))


async def test_a_replaced_factor_is_told(world: World) -> None:
    async with world.browser() as web:
        who = principal_of(await world.member(web, EMAIL))
    assert "Your second factor was replaced" not in await world.mailed()
    secret, _ = await world.auth.factors.set_up(who, HERE, world.code(EMAIL))
    await world.auth.factors.confirm(who, HERE, totp(secret, world.clock.now()))
    assert "Your second factor was replaced" in await world.mailed()


async def test_without_the_cache_people_still_sign_in_and_out(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
        world.auth.epochs._cache = Away()  # type: ignore[assignment]
        await world.auth.epochs.refresh()
        opened = await world.sign_in(web, EMAIL)
        claims = claims_of(opened["access_token"])
        principal = Principal(UUID(claims["sub"]), UUID(claims["sid"]))
        await world.auth.sessions.close(principal, principal.session_id, Reason.SIGNED_OUT)
        with pytest.raises(SessionOver):
            await world.auth.sessions.refresh(web.cookies["capitalino_refresh"])


class Away:
    """A cache that does not answer."""

    def pipeline(self, *, transaction: bool) -> Any:
        """Nobody there."""
        raise ConnectionRefusedError
