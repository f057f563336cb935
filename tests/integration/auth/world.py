"""Auth with real servers around it, and people who sign in. Only users is a fake that keeps its Protocol."""

import hashlib
import hmac
import re
import struct
from base64 import b32decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI
from pydantic import SecretStr
from valkey.asyncio import Valkey

from capitalino.contracts.users.api import InvestorOpened, OpenInvestor
from capitalino.kit import http
from capitalino.kit.auth import Identify
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.errors import PeerUnavailable
from capitalino.kit.keys import PublicKeys
from capitalino.kit.module import Given
from capitalino.kit.settings import Shared
from capitalino.services.auth.module import build, make
from capitalino.services.auth.service import Auth
from capitalino.services.auth.settings import AuthSettings
from capitalino.services.auth.tables import schema
from tests.support.database import Opener
from tests.support.keeper import free_port

PASSWORD = "long enough, and said by nobody"
KEY = b64encode(b"k" * 32).decode()
OURS = {"X-Requested-With": "capitalino"}
TOKEN = re.compile(r"/verify\?token=([A-Za-z0-9_-]{43})")


class MovableClock:
    """The machine's clock, moved on by hand."""

    def __init__(self) -> None:
        # Behind: tokens of a time to come would not be taken, and tests move it on.
        self._by = timedelta(seconds=-180)

    def now(self) -> datetime:
        """The instant."""
        return SYSTEM.now() + self._by

    def monotonic(self) -> float:
        """Seconds."""
        return SYSTEM.monotonic() + self._by.total_seconds()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._by += timedelta(seconds=seconds)


class FakeUsers:
    """Opens every investor, or is away."""

    def __init__(self) -> None:
        self.opened: list[OpenInvestor] = []
        self.is_away = False

    async def open_investor(self, command: OpenInvestor) -> InvestorOpened:
        """As users does."""
        if self.is_away:
            raise PeerUnavailable("away")
        repeated = command in self.opened
        self.opened.append(command)
        return InvestorOpened(investor_id=command.investor_id, repeated=repeated)


class Mailbox:
    """A real SMTP server that keeps what it gets, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        if self.answer.startswith("250"):
            content = envelope.original_content or b""
            self.mails.append(message_from_bytes(content, policy=policy.default))
        return self.answer

    def token(self) -> str:
        """The token of the last link."""
        found = TOKEN.search(text_of(self.mails[-1]))
        assert found
        return found[1]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The `plain` or `html` text of a mail."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


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
def mailbox() -> Iterator[Mailbox]:
    """A mail server of this test."""
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    box.port = server.port
    yield box
    server.stop()


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


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def user_of(session: dict[str, Any]) -> UUID:
    """Whose session it is."""
    return UUID(session["user"]["user_id"])
