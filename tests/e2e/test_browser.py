"""A person with a browser: from the first page to the last, in both languages."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Any, Literal
from uuid import uuid4

import httpx
import pyotp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.conftest import PASSWORD
from tests.support.stack import Stack
from tools.browser import find

Language = Literal["en", "fa"]
# As root there is no sandbox for Chromium's own processes; nothing is asked of the outside world.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SLOW_MS = 30_000
HOLDING = '[data-part="holdings"] tr[data-asset="{}"] [data-part="amount"]'


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    program = find()
    assert program is not None, "the browser tests need Chromium: `make browser`"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        await started.close()


async def mailed_link(stack: Stack, email: str, where: str = "verify") -> str:
    """The link that was sent to an address last, to one of our pages."""
    async with httpx.AsyncClient(trust_env=False) as web, asyncio.timeout(30):
        while True:
            mails = (await web.get(f"{stack.url}/sandbox/mail/messages")).json()
            for mail in mails["data"] if isinstance(mails, dict) else mails:
                if email in mail["to"]:
                    found = re.search(rf"https?://\S+/{where}\?token=\S+", mail["text"])
                    if found:
                        return found.group(0)
            await asyncio.sleep(0.2)


async def register(page: Page, stack: Stack, email: str) -> str:
    """From the first page through mail and second factor to the home screen; the secret."""
    await page.goto(f"{stack.url}/register")
    await page.fill('input[name="email"]', email)
    await page.fill('input[name="password"]', PASSWORD)
    await page.click('button[type="submit"]')
    link = await mailed_link(stack, email)
    await page.goto(link)
    await page.wait_for_selector('a[href^="/sign-in"]')
    await page.click('a[href^="/sign-in"] >> nth=-1')
    await page.fill('input[name="email"]', email)
    await page.fill('input[name="password"]', PASSWORD)
    await page.click('button[type="submit"]')
    secret = re.sub(r"\s", "", await page.locator("#copy-secret").inner_text())
    await page.fill('input[name="code"]', pyotp.TOTP(secret).now())
    await page.click('button[type="submit"]')
    await expect(page.locator('[data-part="recovery-codes"] li')).to_have_count(10)
    await page.locator("label:has(input[type=checkbox])").click()
    await page.locator("main button").last.click()
    await page.wait_for_selector('[data-part="hero"]')
    return secret


async def deposit(page: Page, stack: Stack) -> None:
    """Half a bitcoin arrives while the home screen is open; nothing is reloaded."""
    await page.goto(f"{stack.url}/deposit")
    address = page.locator("#copy-address")
    await expect(address).to_be_visible(timeout=SLOW_MS)
    body = {
        "asset": "BTC",
        "amount": "0.5",
        "address": (await address.inner_text()).strip(),
        "tag": (await page.locator("#copy-tag").inner_text()).strip(),
    }
    await page.click('a[href="/"] >> visible=true >> nth=0')
    await page.wait_for_selector('[data-part="hero"]')
    async with httpx.AsyncClient(trust_env=False) as web:
        (await web.post(f"{stack.url}/sandbox/exchange/deposits", json=body)).raise_for_status()
    await expect(page.locator(HOLDING.format("BTC"))).to_be_visible(timeout=SLOW_MS)


async def convert(page: Page) -> None:
    """0.2 BTC to EUR by a locked quote, followed to its end, and seen on the home screen."""
    await page.click('a[href^="/convert"] >> visible=true >> nth=0')
    await page.fill('input[name="give"]', "0.2")
    await page.click('[data-part="lock-quote"]')
    await page.wait_for_selector('[data-part="costs"]')
    await page.click('[data-part="confirm"]')
    await expect(page.locator('[role="status"][data-state="settled"]')).to_be_visible(timeout=SLOW_MS)
    await page.click('a[href="/"] >> visible=true >> nth=0')
    await expect(page.locator(HOLDING.format("EUR"))).to_be_visible(timeout=SLOW_MS)


async def moves_with_the_price(page: Page) -> None:
    """The value goes on changing while nobody touches anything."""
    hero = page.locator('[data-part="hero"]')
    before = await hero.inner_text()
    await expect(hero).not_to_have_text(before, timeout=SLOW_MS)


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_register_deposit_convert_and_log_out(
    platform: Stack, browser: Browser, language: Language
) -> None:
    context = await browser.new_context(
        locale={"en": "en-GB", "fa": "fa-IR"}[language], viewport={"width": 1280, "height": 800}
    )
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    broken: list[Any] = []
    page.on("pageerror", lambda error: broken.append(error))  # noqa: PLW0108  # a builtin cannot be marked
    await register(page, platform, f"b{uuid4().hex[:12]}@capitalino.example")
    assert await page.locator("html").get_attribute("dir") == {"en": "ltr", "fa": "rtl"}[language]
    await deposit(page, platform)
    await convert(page)
    await moves_with_the_price(page)
    await page.goto(f"{platform.url}/settings")
    await page.click('[data-part="log-out"]')
    await page.wait_for_selector('input[name="password"]')
    await page.goto(f"{platform.url}/convert")
    await page.wait_for_selector('input[name="password"]')
    assert broken == []
    await context.close()
