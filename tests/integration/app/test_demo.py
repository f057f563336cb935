"""`capitalino demo` on a running platform: three people, and two years of one of them."""

import asyncio
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from capitalino.app.demo.visitor import Refused, Visitor
from tests.support.shared_stack import running
from tests.support.stack import Stack

__all__ = ["running"]


def demo(stack: Stack) -> str:
    return stack.command("demo")


def accounts(stack: Stack) -> dict[str, dict[str, Any]]:
    rows = json.loads((stack.var / "demo.json").read_text())["accounts"]
    return {row["role"]: row for row in rows}


@pytest.fixture
async def ana(running: Stack) -> Any:
    """The investor, signed in."""
    told = await asyncio.to_thread(demo, running)
    made = accounts(running)
    assert all(one["email"] in told and one["password"] in told for one in made.values())
    who = made["investor"]
    async with Visitor.at(running.url) as visitor:
        await visitor.sign_in(who["email"], who["password"], who["totp_secret"])
        yield visitor


async def told(visitor: Visitor) -> dict[str, Any]:
    """Everything that she has done and has, and how it was worth on the days that are over."""
    found = {
        what: await visitor.send("GET", f"/api/v1/{what}?limit=200")
        for what in ("deposits", "conversions", "transactions")
    }
    found["balances"] = await visitor.send("GET", "/api/v1/balances")
    found["holdings"] = [
        one["amount"] for one in (await visitor.send("GET", "/api/v1/dashboard"))["holdings"]
    ]
    found["days"] = (await visitor.send("GET", "/api/v1/portfolios/value-history?range=all"))[:-2]
    return found


async def attempts(stack: Stack) -> int:
    """Orders that were filled on the exchange."""
    connection = await asyncpg.connect(stack.postgres_url())
    investor_id = accounts(stack)["investor"]["investor_id"]
    query = """select count(*) from payments.attempt join payments.conversion using (conversion_id)
                where investor_id = $1 and attempt.state = 'filled'"""
    count = await connection.fetchval(query, UUID(investor_id))
    await connection.close()
    return int(count)


async def is_told(visitor: Visitor) -> bool:
    """Whether analytics has heard what the ledger knows."""
    has = {one["asset"]: one["posted"]["amount"] for one in await visitor.send("GET", "/api/v1/balances")}
    shown = (await visitor.send("GET", "/api/v1/dashboard"))["holdings"]
    return {one["asset"]: one["amount"] for one in shown} == has


async def test_the_demo_investor_has_two_years_behind_her_and_a_later_run_or_a_rebuild_changes_nothing(
    running: Stack, ana: Visitor
) -> None:
    async with asyncio.timeout(60):  # what is told arrives a moment later
        while not await is_told(ana):
            await asyncio.sleep(0.2)
    before = await told(ana)
    assert {"EUR", "BTC", "ETH", "LTC"} <= {one["asset"] for one in before["balances"]}
    assert Decimal((await ana.send("GET", "/api/v1/dashboard"))["invested"]["amount"]) > 40_000
    assert len(before["deposits"]) >= 24
    assert len(before["transactions"]) == 200
    assert {one["state"] for one in before["deposits"] + before["conversions"]} == {"settled"}
    assert [one["rail"] for one in before["deposits"]].count("crypto") == 1, "she received coins herself"
    assert await attempts(running) == 2, "the last exchanges are her own, with orders"
    with pytest.raises(Refused, match="forbidden"):
        await ana.send("GET", "/api/v1/admin/ledger/trial-balance")

    path = running.var / "demo.json"
    kept = json.loads(path.read_text())
    for name in ("first_on", "until_on"):  # as if five days had passed since
        kept["story"][name] = str(date.fromisoformat(kept["story"][name]) - timedelta(days=5))
    path.write_text(json.dumps(kept))
    assert kept["accounts"][0]["email"] in await asyncio.to_thread(demo, running)
    assert await told(ana) == before

    done = await asyncio.to_thread(running.command, "events", "rebuild", "analytics")
    assert done.splitlines()[-1] == "analytics: as far as it was."
    assert await told(ana) == before
