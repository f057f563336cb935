"""The security page in a real browser: passkeys, a factor asked for again, an API key that a program uses."""

import base64
import re
import time
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import Browser, BrowserContext, Page, expect

from capitalino.kit.auth.signatures import text_of
from tests.e2e.test_browser import SLOW_MS, browser, mailed_link, register
from tests.support.stack import Stack

__all__ = ["browser"]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NEW_PASSWORD = "another one that nobody has said"
ROW = "li[data-passkey]"


async def with_authenticator(context: BrowserContext) -> Page:
    """A page of a browser on a device that has a fingerprint reader."""
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


async def sign_out(page: Page, stack: Stack) -> None:
    await page.goto(f"{stack.url}/settings")
    await page.locator('[data-part="log-out"]').click()
    await page.wait_for_selector('input[name="password"]')


async def proved_long_ago(stack: Stack, page: Page) -> None:
    """Eleven minutes pass for every session's factor; the page has a token that says so."""
    admin = await asyncpg.connect(stack.postgres_url())
    await admin.execute("update auth.session set factor_at = now() - interval '11 minutes'")
    await admin.close()
    await page.reload()


async def test_a_passkey_opens_the_account_and_confirms_what_is_delicate(
    platform: Stack, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await with_authenticator(context)
    email = f"{uuid4().hex}@example.com"
    await register(page, platform, email)

    await page.goto(f"{platform.url}/security")
    await page.click('[data-part="add-passkey"]')
    await expect(page.locator(ROW)).to_have_count(1, timeout=SLOW_MS)

    await sign_out(page, platform)
    await page.click('[data-part="passkey"]')
    await page.wait_for_selector('[data-part="hero"]')

    await page.goto(f"{platform.url}/security")
    await expect(page.locator(ROW)).to_be_visible(timeout=SLOW_MS)
    await proved_long_ago(platform, page)
    await page.get_by_role("button", name="Make new codes").click()
    await page.locator('[data-part="step-up"]').get_by_role("button", name="Use a passkey").click()
    await expect(page.locator('[data-part="recovery-codes"] li')).to_have_count(10, timeout=SLOW_MS)
    await expect(page.locator('[data-part="step-up"]')).to_have_count(0)

    await page.get_by_role("button", name=re.compile("^Remove")).click()
    await expect(page.locator(ROW)).to_have_count(0, timeout=SLOW_MS)
    await context.close()


async def test_a_forgotten_password_is_replaced_and_the_second_factor_stays(
    platform: Stack, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await with_authenticator(context)
    email = f"{uuid4().hex}@example.com"
    await register(page, platform, email)
    await page.goto(f"{platform.url}/security")
    await page.click('[data-part="add-passkey"]')
    await expect(page.locator(ROW)).to_have_count(1, timeout=SLOW_MS)
    await sign_out(page, platform)

    await page.click('a[href="/forgot-password"]')
    await page.fill('input[name="email"]', email)
    await page.click('button[type="submit"]')
    await page.goto(await mailed_link(platform, email, "reset-password"))
    typed = page.locator('input[name="password"]')
    await expect(typed).to_have_attribute("type", "password")
    await expect(typed).to_have_attribute("autocomplete", "new-password")
    await typed.fill(NEW_PASSWORD)
    assert "token" not in page.url
    await page.click('button[type="submit"]')
    await page.click('a[href="/sign-in"]')
    await page.fill('input[name="email"]', email)
    await page.fill('input[name="password"]', NEW_PASSWORD)
    await page.click('button[type="submit"]')
    await page.wait_for_selector('input[name="code"]')
    await page.click('[data-part="passkey"]')
    await page.wait_for_selector('[data-part="hero"]')
    await context.close()


async def test_an_api_key_that_was_made_in_the_browser_signs_a_programs_requests(
    platform: Stack, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await register(page, platform, f"{uuid4().hex}@example.com")
    await page.goto(f"{platform.url}/security")
    await page.get_by_role("button", name="Make an API key").click()
    await page.fill('input[name="key-name"]', "bot")
    await page.get_by_role("button", name="Make it").click()
    key_id = await page.locator("#copy-key-id").inner_text()
    secret = (await page.locator("#copy-private-key").inner_text()).strip()
    private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(secret + "="))

    async def status() -> int:
        now, nonce = int(time.time()), token_urlsafe(16)
        text = text_of("GET", "/api/v1/balances", "", b"", now, nonce)
        signature = base64.urlsafe_b64encode(private.sign(text)).decode().rstrip("=")
        header = {"Authorization": f"Signature {key_id.strip()}:{now}:{nonce}:{signature}"}
        async with httpx.AsyncClient(trust_env=False) as web:
            answer: Any = await web.get(f"{platform.url}/api/v1/balances", headers=header)
        return int(answer.status_code)

    assert await status() == 200
    await page.get_by_role("button", name="I have saved it").click()
    await page.get_by_role("button", name="Revoke bot").click()
    await expect(page.get_by_role("button", name="Revoke bot")).to_have_count(0, timeout=SLOW_MS)
    assert await status() == 401
    await context.close()
