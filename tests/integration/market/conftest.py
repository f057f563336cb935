"""A market of a test's own."""

from collections.abc import AsyncIterator

import pytest

from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.services.market.tables import schema
from tests.integration.market.desk import Desk
from tests.integration.market.maker import Market, ScriptedVenue
from tests.support.clock import SettableClock
from tests.support.database import Opener
from tests.support.sandbox import Sandbox, sandbox, sandbox_process

__all__ = ["bus", "db", "desk", "market", "sandbox", "sandbox_process", "venue"]


@pytest.fixture
async def db(database: Opener) -> Database:
    """The market's database."""
    return await database(schema)


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    """The market's connection to NATS."""
    opened = Bus(nats_url, "market")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def venue(clock: SettableClock) -> ScriptedVenue:
    """The venue that the market reads."""
    return ScriptedVenue(clock)


@pytest.fixture
async def market(db: Database, bus: Bus, venue: ScriptedVenue, clock: SettableClock) -> Market:
    """A market that knows what is traded, and has read nothing yet."""
    made = Market(db, bus, venue, clock)
    await made.catalogue.read()
    return made


@pytest.fixture
async def desk(db: Database, bus: Bus, sandbox: Sandbox) -> AsyncIterator[Desk]:
    """A market that is ready to read reference rates. It is as late as it is for the sandbox."""
    made = Desk(db, bus, sandbox, SettableClock(SYSTEM.now()))
    await made.start()
    yield made
    await made.stop()
