"""Somebody at the front door: registers, confirms, signs in and acts, by HTTP alone, as the web app does."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Self
from uuid import UUID, uuid5

import httpx
import pyotp

from capitalino.app.stack.errors import CannotStart

KEYS = UUID("0a4c9f0e-32a1-5c55-9a55-0b6b3a1d6c11")
"""Idempotency keys of the demo follow from what they are for: a second run repeats the same requests."""
TOKEN = re.compile(r"[?&]token=([A-Za-z0-9_.~-]+)")
STEP_S = 30
TRIES_MAX = 20
"""Of a request that comes too often."""
TOO_OFTEN = {"code": "rate_limited", "message": "Too many requests."}


def new_code(secret: str) -> str:
    """The code that an authenticator app would show now."""
    return pyotp.TOTP(secret).now()


class Refused(CannotStart):
    """The answer was no; `code` says why."""

    def __init__(self, what: str, error: dict[str, Any]) -> None:
        super().__init__(f"{what}: {error['message']} ({error['code']})")
        self.code: str = error["code"]


class Visitor:
    """One person's session."""

    def __init__(self, web: httpx.AsyncClient) -> None:
        self._web = web
        self.token = ""
        self.user: dict[str, Any] = {}

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncGenerator[Self]:
        """Somebody with a browser of their own, at this address."""
        async with httpx.AsyncClient(base_url=url, timeout=15, trust_env=False) as web:
            yield cls(web)

    async def register(self, email: str, password: str, language: str = "en") -> None:
        """Ask for an account."""
        body = {"email": email, "password": password, "language": language}
        await self.send("POST", "/api/v1/registrations", body)

    async def confirm(self, email: str, within_s: float) -> None:
        """Follow the link of the mail that came."""
        last = time.monotonic() + within_s
        token = await self._mailed(email)
        while token is None and time.monotonic() < last:
            await asyncio.sleep(0.1)
            token = await self._mailed(email)
        if token is None:
            raise CannotStart(f"No mail came for {email} within {within_s:.0f} s: `capitalino logs`.")
        await self.send("POST", "/api/v1/email-verifications", {"token": token})

    async def set_up(self, email: str, password: str) -> str:
        """Sign in for the first time and set up the second factor; its secret."""
        reached = await self.send("POST", "/api/v1/sessions", {"email": email, "password": password})
        self.token = reached["access_token"]
        secret: str = (await self.send("POST", "/api/v1/totp", {}))["secret"]
        confirmed = await self.send("POST", "/api/v1/totp/confirmations", {"code": new_code(secret)})
        self.enter(confirmed["session"])
        return secret

    async def sign_in(self, email: str, password: str, secret: str) -> None:
        """Sign in with both factors. A code is good once: the next one is waited for."""
        try:
            await self._sign_in(email, password, new_code(secret))
        except Refused:
            await asyncio.sleep(STEP_S - time.time() % STEP_S + 0.2)
            await self._sign_in(email, password, new_code(secret))

    async def _sign_in(self, email: str, password: str, code: str) -> None:
        reached = await self.send("POST", "/api/v1/sessions", {"email": email, "password": password})
        body = {"challenge": reached["challenge"], "code": code}
        self.enter(await self.send("POST", "/api/v1/sessions/second-factors", body))

    async def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Ask; the data of the answer, or Refused."""
        headers = {"X-Requested-With": "capitalino"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = str(uuid5(KEYS, key))
        for _ in range(TRIES_MAX):
            answer = await self._web.request(method, path, json=body, headers=headers)
            told = answer.json()
            if told["success"]:
                return told["data"]
            if told["error"]["code"] != TOO_OFTEN["code"]:
                raise Refused(f"{method} {path}", told["error"])
            await asyncio.sleep(int(answer.headers.get("retry-after", "1")))  # the edge counts us with others
        raise Refused(f"{method} {path}", TOO_OFTEN)

    async def send_coins(self, asset: str, amount: str, address: str, tag: str) -> None:
        """Have coins arrive from outside: the sandbox exchange plays the sender."""
        body = {"asset": asset, "amount": amount, "address": address, "tag": tag}
        answer = await self._web.post("/sandbox/exchange/deposits", json=body)
        if not answer.is_success:
            raise CannotStart(f"The sandbox exchange takes no {asset} ({answer.status_code}).")

    def enter(self, reached: dict[str, Any]) -> None:
        """Go on as whoever has signed in."""
        self.token, self.user = reached["access_token"], reached["user"]

    async def _mailed(self, email: str) -> str | None:
        mails = (await self._web.get("/sandbox/mail/messages")).json()
        for mail in mails["data"] if isinstance(mails, dict) else mails:
            if email in str(mail["to"]) and (found := TOKEN.search(mail["text"])):
                return found.group(1)
        return None
