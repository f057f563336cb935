"""How long a conversion takes, to the answer of its POST and to the screen, in both shapes.

    python -m benchmarks.slice [--count 60]

The real stack through nginx. The screen is a real Chromium with the home page open: the instant is when the
document shows the new balance, by the browser's own clock of this machine. The same run gives the time of the
smallest authenticated request through the same road, as the limit under it.
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
import uvloop
from playwright.async_api import Page, async_playwright

from benchmarks.figures import finish, percentile, say
from capitalino.app.demo.visitor import Visitor, new_code
from tests.support.stack import Stack
from tools.browser import find

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
PASSWORD = "four unlikely words, ok"  # noqa: S105 - of an account that lives as long as this run
AMOUNT = "0.001"
WARM_UP = 5
SEEN_S = 20
WATCH = """
() => {
  window.seen = [];
  const where = '[data-part="holdings"] tr[data-asset="EUR"] [data-part="amount"]';
  const cell = () => document.querySelector(where);
  let last = cell()?.textContent;
  new MutationObserver(() => {
    const now = cell()?.textContent;
    if (now !== last) { last = now; window.seen.push(performance.timeOrigin + performance.now()); }
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}
"""


async def measure(shape: Literal["one", "many"], count: int) -> dict[str, float]:
    """One shape, from a clean start."""
    with tempfile.TemporaryDirectory(prefix="capitalino-slice-") as place:
        Path(place).chmod(0o755)
        stack = await asyncio.to_thread(Stack.start, Path(place), shape)
        try:
            async with AsyncExitStack() as kept:
                return await _measure(stack, kept, count)
        finally:
            await asyncio.to_thread(stack.stop)


async def _measure(stack: Stack, kept: AsyncExitStack, count: int) -> dict[str, float]:
    visitor = await kept.enter_async_context(Visitor.at(stack.url))
    email = f"bench{uuid4().hex[:8]}@capitalino.example"
    await visitor.register(email, PASSWORD)
    await visitor.confirm(email, 30)
    secret = await visitor.set_up(email, PASSWORD)
    await _fund(stack, visitor)
    playwright = await kept.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(executable_path=find(), args=FLAGS)
    kept.push_async_callback(browser.close)
    page = await browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
    await _sign_in(page, stack, email, secret)
    await _convert(visitor)  # the first row of EUR
    await page.wait_for_selector('[data-part="holdings"] tr[data-asset="EUR"]')
    await page.evaluate(WATCH)
    posts, screens = [], []
    for number in range(count + WARM_UP):
        post, screen = await _one(visitor, page)
        if number >= WARM_UP:
            posts.append(post)
            screens.append(screen)
    least = [await _least(visitor) for _ in range(count)]
    return {
        "post_p50_ms": round(percentile(posts, 0.5), 1),
        "post_p95_ms": round(percentile(posts, 0.95), 1),
        "screen_p50_ms": round(percentile(screens, 0.5), 1),
        "screen_p95_ms": round(percentile(screens, 0.95), 1),
        "least_request_p50_ms": round(percentile(least, 0.5), 1),
    }


async def _fund(stack: Stack, visitor: Visitor) -> None:
    there = await visitor.send("POST", "/api/v1/deposit-addresses", {"asset": "BTC"})
    body = {"asset": "BTC", "amount": "1", "address": there["address"], "tag": there["tag"]}
    async with httpx.AsyncClient(trust_env=False) as web:
        (await web.post(f"{stack.url}/sandbox/exchange/deposits", json=body)).raise_for_status()
    while not await visitor.send("GET", "/api/v1/balances"):
        await asyncio.sleep(0.1)


async def _sign_in(page: Page, stack: Stack, email: str, secret: str) -> None:
    await page.goto(stack.url)
    await page.fill('input[name="email"]', email)
    await page.fill('input[name="password"]', PASSWORD)
    await page.click('button[type="submit"]')
    await page.wait_for_selector('input[name="code"]')
    await asyncio.sleep(30 - time.time() % 30 + 0.5)  # the code of now was used when the factor was set up
    await page.fill('input[name="code"]', new_code(secret))
    await page.click('button[type="submit"]')
    await page.wait_for_selector('[data-part="hero"]')


async def _convert(visitor: Visitor) -> Any:
    body = {"from_asset": "BTC", "to_asset": "EUR", "amount": AMOUNT}
    done = await visitor.send("POST", "/api/v1/conversions", body, key=str(uuid4()))
    assert done["state"] == "settled", done
    return done


async def _one(visitor: Visitor, page: Page) -> tuple[float, float]:
    """Milliseconds to the answer, and to the screen."""
    before = await page.evaluate("window.seen.length")
    sent_at = time.time()
    await _convert(visitor)
    answered_at = time.time()
    async with asyncio.timeout(SEEN_S):
        while await page.evaluate("window.seen.length") <= before:
            await asyncio.sleep(0.005)
    seen_at = await page.evaluate(f"window.seen[{before}]") / 1000
    return (answered_at - sent_at) * 1000, (seen_at - sent_at) * 1000


async def _least(visitor: Visitor) -> float:
    begun = time.perf_counter()
    await visitor.send("GET", "/api/v1/me")
    return (time.perf_counter() - begun) * 1000


async def main() -> None:
    """Both shapes, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="conversions measured in each shape")
    count = parser.parse_args().count
    figures = {}
    shapes: dict[str, Literal["one", "many"]] = {"one_process": "one", "many_processes": "many"}
    for name, shape in shapes.items():
        figures[name] = await measure(shape, count)
        say(f"{name}: " + "  ".join(f"{what} {value}" for what, value in figures[name].items()))
    finish("slice", figures)


if __name__ == "__main__":
    uvloop.run(main())
