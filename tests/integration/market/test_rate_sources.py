"""Each source is read at its own pace, left alone while it fails, and kept only when it is newer."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from capitalino.kit.db import Database
from capitalino.services.market.store import rates as store
from tests.integration.market.desk import OPERATIONS, Desk
from tests.support.sandbox import Sandbox


@pytest.mark.parametrize("operation", ["rates_ecb", "rates_oxr"])
async def test_a_source_that_speaks_of_the_future_has_failed(desk: Desk, operation: str) -> None:
    await desk.say(operation, "1.1510", day=(desk.clock.now() + timedelta(days=2)).date(), age=-600)
    await desk.read()
    health = await desk.health(operation.removeprefix("rates_"))
    assert (health.error, health.state) == ("ahead", "failing")


async def test_a_restart_does_not_ask_again_before_it_is_time(desk: Desk) -> None:
    await desk.read()
    desk.clock.advance(600)
    await desk.start()
    assert await desk.source("ecb")._due_in_s() == 1200
    assert await desk.source("oxr")._due_in_s() == 3000
    desk.clock.advance(1200)
    assert await desk.source("ecb")._due_in_s() == 0
    desk.clock.advance(-3600)  # a clock that was set back holds nothing up for longer than usual
    assert await desk.source("ecb")._due_in_s() == 1800


async def test_each_source_is_read_at_its_own_pace(desk: Desk, sandbox: Sandbox) -> None:
    before = (await sandbox.state())["calls"]
    for _ in range(4):
        waits = [await one.in_turn() for one in desk.market.reference.each]
        desk.clock.advance(min(waits))
    after = (await sandbox.state())["calls"]
    assert [after[name] - before.get(name, 0) for name in OPERATIONS] == [4, 4, 4, 2]


async def test_a_source_whose_round_breaks_holds_up_no_other(desk: Desk) -> None:
    ecb = desk.source("ecb")
    ecb._rates = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        await desk.market.reference.round()
    assert (await desk.health("oxr")).state == "well"
    assert (await desk.health("ecb")).succeeded_at is None


async def test_a_source_that_failed_is_asked_at_once_after_a_restart(desk: Desk, sandbox: Sandbox) -> None:
    await desk.read()
    await sandbox.fail("rates_ecb", "5xx")
    await desk.read("ecb")
    await desk.start()
    assert await desk.source("ecb")._due_in_s() == 0


async def test_a_failing_source_is_left_alone_from_five_seconds_up_to_five_minutes(
    desk: Desk, sandbox: Sandbox
) -> None:
    await sandbox.fail("rates_ecb", "5xx")
    before = (await sandbox.state())["calls"].get("rates_ecb", 0)
    ecb, asked_at = desk.source("ecb"), []
    start = calls = 0
    for _ in range(40):
        pause_s = await ecb.refresh()
        now = (await sandbox.state())["calls"]["rates_ecb"] - before
        if now > calls:
            asked_at.append(round(desk.clock.monotonic()) - start)
        calls = now
        desk.clock.advance(pause_s)
    gaps = [later - earlier for earlier, later in pairwise(asked_at)]
    assert gaps[:7] == [5, 5, 10, 20, 40, 80, 160]
    assert set(gaps[7:]) == {300}
    assert (await desk.health("ecb")).state == "shut"
    await sandbox.heal()
    while not (await desk.health("ecb")).succeeded_at:
        desk.clock.advance(await ecb.refresh())
    assert (await desk.health("ecb")).state == "well"
    assert (await desk.health("ecb")).error is None


async def test_a_source_that_asks_for_patience_gets_it_up_to_five_minutes(
    desk: Desk, sandbox: Sandbox
) -> None:
    await sandbox.fail("rates_ecb", "429", retry_after_s=120)
    await sandbox.fail("rates_oxr", "429", retry_after_s=86_400)
    assert await desk.read("ecb", "oxr") == [120, 300]


async def test_an_older_sheet_does_not_replace_a_newer_one_and_a_correction_does(desk: Desk) -> None:
    today = (desk.clock.now() - timedelta(hours=16)).date()
    await desk.say("rates_ecb", "1.1510", day=today)
    await desk.read("ecb")
    for usd, day, served in (
        ("1.1600", today - timedelta(days=1), "1.1510"),
        ("1.1520", today, "1.1520"),
    ):
        await desk._sandbox.heal()
        await desk.say("rates_ecb", usd, day=day)
        await desk.read("ecb")
        judged = await desk.market.reference.rates.evaluation("EUR", "USD")
        assert judged.opinions[0].rate == Decimal(served)
    assert (await desk.health("ecb")).state == "well"


async def test_a_wrong_app_id_is_refused_and_told_nowhere(desk: Desk, db: Database) -> None:
    oxr = desk.source("oxr")
    oxr._form = replace(oxr._form, headers={"Authorization": SecretStr("Token stolen-id")})
    await desk.read("oxr")
    health = await desk.health("oxr")
    assert (health.error, health.message) == ("status_401", "It answered 401.")
    async with db.read() as tx:
        rows = await tx.conn.execute(text("select s::text from market.rate_source s"))
        assert "stolen-id" not in str(rows.all())


async def test_sources_that_are_read_at_once_do_not_hinder_each_other(desk: Desk, db: Database) -> None:
    for _ in range(5):
        await asyncio.gather(*(one.refresh() for one in desk.market.reference.each))
    async with db.read() as tx:
        good = await store.last_good(tx, ["EUR", "GBP", "IRR", "USD"])
    assert len(good) == 6
    assert all(base < quote for base, quote in good)
