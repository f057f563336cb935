"""Investors are opened once, and profiles change for those who have seen them."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from capitalino.contracts.ledger.api import (
    AccountsOpened,
    BalancesRead,
    OpenAccounts,
    ReadBalances,
)
from capitalino.contracts.users.api import OpenInvestor
from capitalino.kit import http
from capitalino.kit.auth import Principal
from capitalino.kit.clock import SYSTEM
from capitalino.kit.crypto import Key, KeyRing, Unreadable
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.errors import PeerUnavailable
from capitalino.services.users.errors import InvestorDiffers
from capitalino.services.users.routes import routes
from capitalino.services.users.service import Users
from capitalino.services.users.tables import account_opening, profile, schema
from tests.support.clock import SettableClock
from tests.support.database import Opener

RING = KeyRing.parse("k1:" + b64encode(b"k" * 32).decode())


class FakeLedger:
    """Opens every account, or is away."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, str]] = []
        self.is_away = False

    async def open_accounts(self, command: OpenAccounts) -> AccountsOpened:
        """As the ledger does."""
        if self.is_away:
            raise PeerUnavailable("away")
        new = [(one.address, one.asset) for one in command.accounts]
        new = [one for one in new if one not in self.opened]
        self.opened += new
        return AccountsOpened(opened=len(new))

    async def read_balances(self, query: ReadBalances) -> BalancesRead:
        """Nobody asks."""
        raise NotImplementedError


class Signed:
    """Takes every request as one login's."""

    def __init__(self, user_id: UUID) -> None:
        self.user_id = user_id

    async def __call__(self, _authorization: str | None, *, is_reading: bool) -> Principal:
        """Who it is."""
        return Principal(user_id=self.user_id, session_id=self.user_id)


@dataclass
class World:
    """Users, with the objects around it."""

    users: Users
    db: Database
    clock: SettableClock
    ledger: FakeLedger

    def browser(self, user_id: UUID) -> httpx.AsyncClient:
        """The browser of a login."""
        app = FastAPI()
        http.install(app)
        app.include_router(routes(self.users))
        edged: Any = Edge(app, Signed(user_id), show_stack=True)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=httpx.ASGITransport(edged), base_url="http://test")

    async def told(self) -> list[dict[str, Any]]:
        """The facts that were told."""
        async with self.db.read() as tx:
            return [row.payload for row in await tx.conn.execute(text("select payload from users.outbox"))]


@pytest.fixture
async def world(database: Opener, clock: SettableClock) -> World:
    """Users on a database of its own."""
    db, ledger = await database(schema), FakeLedger()
    clock.set(SYSTEM.now())
    return World(Users(db, clock, RING, ledger), db, clock, ledger)


def opening(language: Any = "en") -> OpenInvestor:
    return OpenInvestor(user_id=uuid4(), investor_id=uuid4(), language=language)


async def test_an_investor_has_a_profile_and_a_cash_account(world: World) -> None:
    command = opening("fa")
    assert not (await world.users.open_investor(command)).repeated
    assert world.ledger.opened == [(f"investor:{command.investor_id}:cash", "EUR")]
    made = await world.users.profile(command.user_id)
    assert (made.calendar, made.digits, made.time_zone) == ("persian", "arabext", "Asia/Tehran")
    (fact,) = await world.told()
    assert (fact["investor_id"], fact["version"]) == (str(command.investor_id), 1)


async def test_twenty_who_open_one_investor_at_once_open_it_once(world: World) -> None:
    command = opening()
    answers = await asyncio.gather(*(world.users.open_investor(command) for _ in range(20)))
    assert sum(not answer.repeated for answer in answers) == 1
    assert len(world.ledger.opened) == 1
    assert len(await world.told()) == 1


async def test_ids_that_belong_to_others_are_refused(world: World) -> None:
    first = opening()
    await world.users.open_investor(first)
    with pytest.raises(InvestorDiffers):
        await world.users.open_investor(first.model_copy(update={"investor_id": uuid4()}))
    with pytest.raises(InvestorDiffers):
        await world.users.open_investor(first.model_copy(update={"user_id": uuid4()}))


async def test_when_the_ledger_is_away_the_account_is_opened_later(world: World) -> None:
    command, world.ledger.is_away = opening(), True
    with pytest.raises(PeerUnavailable):
        await world.users.open_investor(command)
    world.ledger.is_away = False
    await world.users.resume()
    assert not world.ledger.opened, "nobody asks again at once"
    world.clock.advance(11)
    await world.users.resume()
    await world.users.resume()
    assert len(world.ledger.opened) == 1
    async with world.db.read() as tx:
        assert [row.state for row in await tx.conn.execute(select(account_opening))] == ["open"]
    assert (await world.users.open_investor(command)).repeated


async def test_a_profile_changes_for_who_has_seen_it(world: World) -> None:
    command = opening()
    await world.users.open_investor(command)
    async with world.browser(command.user_id) as web:
        seen = await web.get("/api/v1/me")
        assert seen.headers["etag"] == '"1"'
        mine = {"If-Match": seen.headers["etag"]}
        body = {"display_name": "  سارا  احمدی ", "base_asset": "USD", "time_zone": "Europe/Berlin"}
        changed = await web.patch("/api/v1/me", headers=mine, json=body)
        assert changed.status_code == 200, changed.text
        assert changed.headers["etag"] == '"2"'
        stale = await web.patch("/api/v1/me", headers=mine, json={"language": "fa"})
        again = (await web.get("/api/v1/me")).json()["data"]
        same = await web.patch("/api/v1/me", json={"base_asset": "USD"})
    assert stale.status_code == 412
    assert (stale.json()["error"]["code"], stale.json()["error"]["details"]) == (
        "users.profile_stale",
        {"version": 2},
    )
    assert again["display_name"] == "سارا احمدی"
    assert again["language"] == "en"
    assert same.headers["etag"] == '"2"', "nothing changed, nothing is told"
    assert [fact["version"] for fact in await world.told()] == [1, 2]
    assert [asset for _, asset in world.ledger.opened] == ["EUR", "USD"]


@pytest.mark.parametrize(
    "body, code",
    [
        ({"base_asset": "BTC"}, "users.base_asset_unknown"),
        ({"time_zone": "Mars/Phobos"}, "users.time_zone_unknown"),
        ({"time_zone": "../../etc/passwd"}, "users.time_zone_unknown"),
        ({"display_name": "  "}, "users.name_refused"),
        ({"display_name": "a\u202eb"}, "users.name_refused"),
        ({"calendar": "maya"}, "invalid_request"),
        ({"investor_id": str(uuid4())}, "invalid_request"),
    ],
)
async def test_what_means_nothing_is_refused(world: World, body: dict[str, Any], code: str) -> None:
    command = opening()
    await world.users.open_investor(command)
    async with world.browser(command.user_id) as web:
        answer = await web.patch("/api/v1/me", json=body)
    assert answer.json()["error"]["code"] == code


async def test_a_login_without_an_investor_has_no_profile(world: World) -> None:
    async with world.browser(uuid4()) as web:
        answer = await web.get("/api/v1/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "users.profile_unknown")


async def test_a_name_is_sealed_for_its_person(world: World) -> None:
    one, other = opening(), opening()
    for command in (one, other):
        await world.users.open_investor(command)
        await world.users.change(command.user_id, {"display_name": "Sara"}, None)
    async with world.db.begin() as tx:
        rows = {row.user_id: row for row in await tx.conn.execute(select(profile))}
        sealed = rows[one.user_id].display_name_sealed
        assert b"Sara" not in sealed
        stolen = profile.update().where(profile.c.user_id == other.user_id)
        await tx.conn.execute(stolen.values(display_name_sealed=sealed))
    with pytest.raises(Unreadable):
        await world.users.profile(other.user_id)
    await world.users.change(one.user_id, {"display_name": None}, None)
    assert (await world.users.profile(one.user_id)).display_name is None


async def test_after_the_key_was_changed_names_can_still_be_read(world: World) -> None:
    command = opening()
    await world.users.open_investor(command)
    await world.users.change(command.user_id, {"display_name": "Sara"}, None)
    old, new = Key("k1", b"k" * 32), Key("k2", b"n" * 32)
    later = Users(world.db, world.clock, KeyRing([new, old]), world.ledger)
    assert (await later.profile(command.user_id)).display_name == "Sara"
