"""What an operator does with facts and schemas by hand, on real servers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
import typer
from sqlalchemy import insert
from structlog.testing import capture_logs

from capitalino.app import events
from capitalino.app.migrate import migrate
from capitalino.app.stack.errors import CannotStart
from capitalino.contracts.users.events import ProfileChanged
from capitalino.kit.db import Database
from capitalino.kit.outbox import Relay
from capitalino.services.analytics.tables import schema as analytics
from capitalino.services.users.tables import schema as users
from tests.support.database import FreshDatabase, Opener


@pytest.fixture(autouse=True)
def _servers(
    monkeypatch: pytest.MonkeyPatch, fresh_database: FreshDatabase, nats_url: str, valkey_url: str
) -> None:
    """The settings of services, as a stack tells them."""
    for name in ("users", "analytics", "gateway"):
        prefix = f"CAPITALINO_{name.upper()}"
        monkeypatch.setenv(f"{prefix}_DATABASE_URL", fresh_database.url(f"{name}_app"))
        monkeypatch.setenv(f"{prefix}_OWNER_DATABASE_URL", fresh_database.url(f"{name}_owner"))
        monkeypatch.setenv(f"{prefix}_NATS_URL", nats_url)
        monkeypatch.setenv(f"{prefix}_VALKEY_URL", valkey_url)


async def in_thread(act: Callable[..., Any], *arguments: Any) -> Any:
    """A command runs an event loop of its own."""
    return await asyncio.to_thread(act, *arguments)


def changed(**different: Any) -> ProfileChanged:
    values: dict[str, Any] = {"user_id": uuid4(), "investor_id": uuid4(), "language": "en", "version": 1}
    return ProfileChanged(**values | {"base_asset": "EUR", "time_zone": "UTC"} | different)


async def park(db: Database, position: int, payload: dict[str, Any]) -> str:
    """As if a feed had given it up."""
    event_id = uuid4()
    row = {
        "source": "users",
        "position": position,
        "event_id": event_id,
        "subject": ProfileChanged.subject,
        "payload": json.dumps(payload),
        "error": "ValueError: poison",
        "tries": 5,
    }
    async with db.begin() as tx:
        await tx.conn.execute(insert(analytics.kit.parked).values(row))
    return str(event_id)


async def test_facts_are_told_again_from_a_position_on(
    database: Opener, capsys: pytest.CaptureFixture[str]
) -> None:
    db = await database(users)
    async with db.begin() as tx:
        await tx.emit(changed(), changed(), changed())
    async with events._service("users") as one:
        assert one.database is not None
        while not await Relay(one.database, one.bus).publish_batch():
            pass  # others may hold it up for a moment
    await in_thread(events.replay, "users", 2)
    assert capsys.readouterr().out == "users: told 2 facts again, from position 2 on.\n"


async def test_parked_events_are_shown_and_handled_again(
    database: Opener, capsys: pytest.CaptureFixture[str]
) -> None:
    db = await database(analytics)
    good = await park(db, 1, changed().model_dump(mode="json"))
    bad = await park(db, 2, {"no": "event"})
    await in_thread(events.parked, "analytics")
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == [good, bad]
    assert all("ValueError: poison" in line for line in shown)
    with capture_logs() as logged:
        assert await exit_code(in_thread(events.retry, "analytics", good)) == 0
        assert await exit_code(in_thread(events.retry, "analytics", None)) == 1
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["event.still_fails"]
    assert capsys.readouterr().out.splitlines() == [
        "analytics: 1 went through, 0 stay parked.",
        "analytics: 0 went through, 1 stay parked.",
    ]


async def test_a_service_without_a_database_has_nothing_parked() -> None:
    with pytest.raises(AssertionError, match="has a database"):
        await in_thread(events.parked, "gateway")


async def exit_code(command: Awaitable[Any]) -> int:
    """What a command ends with."""
    with pytest.raises(typer.Exit) as ended:
        await command
    return ended.value.exit_code


async def test_one_schema_is_migrated_and_checked() -> None:
    (at,) = await migrate("users", check=False)
    assert at.startswith("users: at ")
    assert await migrate("users", check=True) == ["users: as the tables say"]
    assert await migrate("gateway", check=False) == [], "it has no schema"


async def test_who_migrates_needs_the_owners_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAPITALINO_USERS_OWNER_DATABASE_URL")
    with pytest.raises(CannotStart, match="CAPITALINO_USERS_OWNER_DATABASE_URL is not set"):
        await migrate("users", check=False)
