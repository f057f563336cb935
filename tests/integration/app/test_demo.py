"""`capitalino demo` on a running platform: three people, and two years of one of them."""

import asyncio
import json
import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from capitalino.app.demo.visitor import Refused, Visitor
from tests.support.shared_stack import running
from tests.support.stack import Stack

__all__ = ["running"]
IS_FULL = os.environ.get("CAPITALINO_PROFILE") == "full"


def demo(stack: Stack) -> str:
    """The command, to its end."""
    command = [sys.executable, "-m", "capitalino.app.cli", "demo", "--var", str(stack.var)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


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


async def deposits(visitor: Visitor) -> int:
    return len(await visitor.send("GET", "/api/v1/deposits?limit=200"))


async def test_the_demo_investor_has_two_years_behind_her(running: Stack, ana: Visitor) -> None:
    async with asyncio.timeout(60):  # what is told arrives a moment later
        while Decimal((await ana.send("GET", "/api/v1/dashboard"))["invested"]["amount"]) < 40_000:
            await asyncio.sleep(0.2)
    balances = {row["asset"]: row["posted"] for row in await ana.send("GET", "/api/v1/balances")}
    assert {"EUR", "BTC", "ETH", "LTC"} <= balances.keys()
    before = await deposits(ana)
    assert before >= 24
    with pytest.raises(Refused, match="forbidden"):
        await ana.send("GET", "/api/v1/admin/ledger/trial-balance")
    if IS_FULL:  # a code is good once: the operator waits for the next
        await asyncio.to_thread(demo, running)
        assert await deposits(ana) == before
