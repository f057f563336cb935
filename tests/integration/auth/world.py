"""Auth with real servers around it, and people who sign in. Only users is a fake that keeps its Protocol."""

import hashlib
import hmac
import struct
from base64 import b32decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text, update
from valkey.asyncio import Valkey

from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.keys import PublicKeys
from capitalino.kit.module import Given
from capitalino.kit.settings import Shared
from capitalino.services.auth.module import build, make
from capitalino.services.auth.service import Auth
from capitalino.services.auth.settings import AuthSettings
from capitalino.services.auth.tables import schema, session
from tests.integration.auth.outside import FakeUsers, Mailbox, MovableClock
from tests.support.database import Opener

PASSWORD = "long enough, and said by nobody"
KEY = b64encode(b"k" * 32).decode()
OURS = {"X-Requested-With": "capitalino"}


class KeysOfApp(PublicKeys):
    """The public keys, read from the JWKS through the application itself."""

    def __init__(self) -> None:
        super().__init__("unused")
        self.web: httpx.AsyncClient | None = None

    async def find(self, key_id: str) -> Any:
        """The key of that id."""
        assert self.web is not None
        document = (await self.web.get("/api/v1/jwks")).json()
        return {one["kid"]: jwt.PyJWK(one).key for one in document["keys"]}[key_id]


@dataclass
class World:
    """Everything that a test of auth touches."""

    auth: Auth
    app: Any
    db: Database
    cache: Valkey
    clock: MovableClock
    users: FakeUsers
    mailbox: Mailbox
    given: Given
    secrets: dict[str, str] = field(default_factory=dict)
    last_code: str = ""
    _coded: set[str] = field(default_factory=set)

    def browser(self, address: str = "192.0.2.1") -> httpx.AsyncClient:
        """A browser of its own, with its own cookies."""
        transport = httpx.ASGITransport(self.app, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")

    async def register(self, web: httpx.AsyncClient, email: str, password: str = PASSWORD) -> None:
        """Register and open the link of the mail."""
        body = {"email": email, "password": password, "language": "en"}
        answer = await web.post("/api/v1/registrations", json=body)
        assert answer.status_code == 201, answer.text
        await self.auth.mailing.send_due()
        confirmed = await web.post("/api/v1/email-verifications", json={"token": self.mailbox.token()})
        assert confirmed.status_code == 201, confirmed.text

    async def set_up(self, web: httpx.AsyncClient, email: str) -> dict[str, Any]:
        """Sign in for the first time, with a new second factor; the answer to its confirmation."""
        first = await self.password(web, email)
        assert first["state"] == "setup_factor"
        bearer = {"Authorization": f"Bearer {first['access_token']}"}
        made = await web.post("/api/v1/totp", headers=bearer)
        assert made.status_code == 201, made.text
        self.secrets[email] = made.json()["data"]["secret"]
        code = self.code(email)
        answer = await web.post("/api/v1/totp/confirmations", headers=bearer, json={"code": code})
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def member(self, web: httpx.AsyncClient, email: str = "sara@example.com") -> dict[str, Any]:
        """Somebody registered, with a second factor, signed in; the open session."""
        await self.register(web, email)
        session: dict[str, Any] = (await self.set_up(web, email))["session"]
        return session

    async def password(self, web: httpx.AsyncClient, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """The first step of signing in."""
        answer = await web.post("/api/v1/sessions", json={"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def sign_in(self, web: httpx.AsyncClient, email: str) -> dict[str, Any]:
        """Both steps."""
        challenge = (await self.password(web, email))["challenge"]
        body = {"challenge": challenge, "code": self.code(email)}
        answer = await web.post("/api/v1/sessions/second-factors", json=body)
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def mailed(self) -> list[str]:
        """Send what is due; the subjects of all mails so far."""
        while await self.auth.mailing.send_due():
            pass
        return [str(mail["subject"]) for mail in self.mailbox.mails]

    async def audited(self) -> dict[str, Any]:
        """The last row of the audit log for each action."""
        async with self.db.begin() as tx:
            rows = await tx.conn.execute(text("select * from auth.audit order by seq"))
            return {row.action: row for row in rows}

    async def stale(self, web: httpx.AsyncClient, email: str) -> dict[str, Any]:
        """A member's session whose factor was proved eleven minutes ago."""
        opened = await self.member(web, email)
        long_ago = SYSTEM.now() - timedelta(minutes=11)
        async with self.db.begin() as tx:
            mine = session.c.session_id == principal_of(opened).session_id
            await tx.conn.execute(update(session).where(mine).values(factor_at=long_ago))
        renewed = await web.post("/api/v1/sessions/refreshes", headers=OURS)
        data: dict[str, Any] = renewed.json()["data"]
        return data

    def code(self, email: str) -> str:
        """A code that was not used yet: each is good once, so a second one comes 30 seconds later."""
        if email in self._coded:
            self.clock.advance(30)
        self._coded.add(email)
        self.last_code = totp(self.secrets[email], self.clock.now())
        return self.last_code


def totp(secret: str, at: datetime) -> str:
    """RFC 6238, written from the paper: SHA-1, 30 seconds, six digits."""
    counter = struct.pack(">Q", int(at.timestamp()) // 30)
    mac = hmac.new(b32decode(secret), counter, hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


@pytest.fixture
async def world(database: Opener, cache: Valkey, mailbox: Mailbox) -> World:
    """Auth, served."""
    users, clock = FakeUsers(), MovableClock()
    db = await database(schema)  # a small pool: what waits for it is part of the test
    shared = Shared(
        smtp_url=SecretStr(f"smtp://127.0.0.1:{mailbox.port}"),
        public_url="http://localhost:8000",
    )
    given = Given(
        bus=Bus("nats://127.0.0.1:1", "auth"),
        cache=cache,
        clock=clock,
        shared=shared,
        settings=quick_settings(),
        peers=lambda protocol: {"UsersInvestors": users}[protocol.__name__],
        database=db,
    )
    app = FastAPI()
    http.install(app)
    router = build(given).router
    assert router is not None
    app.include_router(router)
    keys = KeysOfApp()
    auth = make(given)
    edged = Edge(app, Identify(keys, cache), show_stack=True)
    made = World(auth, edged, db, cache, clock, users, mailbox, given)
    keys.web = made.browser()
    await auth.epochs.refresh()
    return made


def quick_settings(**different: Any) -> AuthSettings:
    """Settings with keys, and hashes that take no time."""
    keys = {"keys": SecretStr(f"k1:{KEY}"), "index_key": SecretStr(KEY)}
    return AuthSettings(**(keys | {"hash_memory_kib": 8, "hash_time_cost": 1} | different))


def bearer(opened: dict[str, Any]) -> dict[str, str]:
    """The header of an open session."""
    return {"Authorization": f"Bearer {opened['access_token']}"}


def principal_of(opened: dict[str, Any]) -> Principal:
    """Who has this session."""
    claims = claims_of(opened["access_token"])
    return Principal(user_id=UUID(claims["sub"]), session_id=UUID(claims["sid"]))


def refused(answer: httpx.Response) -> tuple[int, str]:
    """With what status and code a request was refused."""
    return answer.status_code, answer.json()["error"]["code"]


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def user_of(session: dict[str, Any]) -> UUID:
    """Whose session it is."""
    return UUID(session["user"]["user_id"])
