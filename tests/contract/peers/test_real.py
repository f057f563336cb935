"""The real services behind their APIs: what they answer and refuse is the same on both roads.

Every command may be repeated, so each is sent once and then once more on either road.
"""

from base64 import b64encode
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from capitalino.contracts.ledger.api import (
    Account,
    FindEntry,
    LedgerAccounts,
    LedgerEntries,
    OpenAccounts,
    ReadBalances,
)
from capitalino.contracts.market.api import FindFiatRate, FindPrice, MarketPrices, MarketRates
from capitalino.contracts.users.api import OpenInvestor, UsersInvestors
from capitalino.kit.bus import Bus
from capitalino.kit.crypto import KeyRing
from capitalino.kit.errors import AppError, PeerUnavailable
from capitalino.kit.ids import new_id
from capitalino.services.ledger.tables import schema as ledger_schema
from capitalino.services.market.domain.prices import Observation
from capitalino.services.market.domain.rates import Sheet
from capitalino.services.market.store import rates
from capitalino.services.market.tables import schema as market_schema
from capitalino.services.users.service import Users
from capitalino.services.users.tables import schema as users_schema
from tests.contract.peers.conftest import Reach, Roads
from tests.integration.ledger.maker import (
    ALICE,
    BOB,
    WORLD,
    capture,
    entry,
    hold,
    open_books,
    posting,
    release,
)
from tests.integration.market.maker import Market, ScriptedVenue
from tests.support.clock import SettableClock
from tests.support.database import FreshDatabase, Opener

CHANGING = {"as_of"}
TRIES = 10


async def outcome(method: Any, message: BaseModel) -> Any:
    """The answer, or the refusal, as plain values. Who was not answered in time asks again, as callers do."""
    for _ in range(TRIES):
        try:
            answer = await method(message)
        except PeerUnavailable:
            continue
        except AppError as error:
            return error.code, error.kind, error.message, error.details
        return answer.model_dump(mode="json", exclude=CHANGING)
    raise AssertionError("never answered")


async def same(roads: Roads, method: str, message: BaseModel) -> Any:
    """Ask once, then again on both roads; what both say."""
    await outcome(getattr(roads.far, method), message)
    near = await outcome(getattr(roads.near, method), message)
    far = await outcome(getattr(roads.far, method), message)
    assert near == far
    return near


def refused(said: Any) -> str:
    """The code of a refusal."""
    assert isinstance(said, tuple), f"not refused: {said}"
    return str(said[0])


async def test_the_ledger(reach: Reach, database: Opener, fresh_database: FreshDatabase) -> None:
    db = await database(ledger_schema)
    async with open_books(fresh_database, db) as books:
        await books.open(WORLD, ALICE, BOB)
        roads = await reach(LedgerEntries, books.entries)
        given = entry(WORLD, ALICE, 1000)
        assert (await same(roads, "post_entry", given))["repeated"]
        other = given.model_copy(update={"postings": (posting(WORLD, BOB, 1000),)})
        assert refused(await same(roads, "post_entry", other)) == "ledger.entry_id_reused"
        poor = entry(ALICE, BOB, 1001)
        assert refused(await same(roads, "post_entry", poor)) == "ledger.insufficient_funds"
        nowhere = entry(ALICE, "investor:nobody:cash", 1)
        assert refused(await same(roads, "post_entry", nowhere)) == "ledger.account_unknown"
        unsound = entry(ALICE, ALICE, 1)
        assert refused(await same(roads, "post_entry", unsound)) == "ledger.entry_unsound"
        for found in (given.entry_id, poor.entry_id, new_id()):
            await same(roads, "find_entry", FindEntry(entry_id=found))
        held = hold(ALICE, BOB, 300)
        assert (await same(roads, "hold_units", held))["repeated"]
        assert (await same(roads, "capture_hold", capture(held.entry_id, units=100)))["repeated"]
        assert refused(await same(roads, "capture_hold", capture(held.entry_id))) == "ledger.hold_resolved"
        assert refused(await same(roads, "release_hold", release(new_id()))) == "ledger.hold_unknown"
        again = hold(ALICE, BOB, 5)
        await same(roads, "hold_units", again)
        too_much = capture(again.entry_id, units=6)
        assert refused(await same(roads, "capture_hold", too_much)) == "ledger.not_part"
        assert (await same(roads, "release_hold", release(again.entry_id)))["repeated"]
        await books.agree()


async def test_the_accounts_of_the_ledger(
    reach: Reach, database: Opener, fresh_database: FreshDatabase
) -> None:
    db = await database(ledger_schema)
    async with open_books(fresh_database, db) as books:
        roads = await reach(LedgerAccounts, books.accounts)
        wanted = Account(address=ALICE, asset="EUR")
        assert await same(roads, "open_accounts", OpenAccounts(accounts=(wanted,))) == {"opened": 0}
        differs = OpenAccounts(accounts=(wanted.model_copy(update={"floor": -5}),))
        assert refused(await same(roads, "open_accounts", differs)) == "ledger.account_differs"
        strange = OpenAccounts(accounts=(Account(address=ALICE, asset="DOUBLOON"),))
        assert refused(await same(roads, "open_accounts", strange)) == "ledger.asset_unknown"
        read = await same(roads, "read_balances", ReadBalances(prefix="investor:alice:"))
        assert [row["posted"] for row in read["balances"]] == ["0"]
        assert await same(roads, "read_balances", ReadBalances(addresses=(BOB,))) == {"balances": []}


async def test_the_investors_of_users(
    reach: Reach, database: Opener, fresh_database: FreshDatabase, clock: SettableClock
) -> None:
    db, books_db = await database(users_schema), await database(ledger_schema)
    ring = KeyRing.parse("k1:" + b64encode(b"k" * 32).decode())
    async with open_books(fresh_database, books_db) as books:
        ledger = await reach(LedgerAccounts, books.accounts)
        roads = await reach(UsersInvestors, Users(db, clock, ring, ledger.far))
        wanted = OpenInvestor(user_id=new_id(), investor_id=new_id(), language="fa")
        said = await same(roads, "open_investor", wanted)
        assert said == {"investor_id": str(wanted.investor_id), "repeated": True}
        other = wanted.model_copy(update={"investor_id": new_id()})
        assert refused(await same(roads, "open_investor", other)) == "users.investor_differs"
        strange = OpenInvestor(user_id=new_id(), investor_id=UUID(int=7), language="en", base_asset="ZZZ")
        refused(await same(roads, "open_investor", strange))


async def test_the_prices_of_the_market(
    reach: Reach, database: Opener, asker: Bus, clock: SettableClock
) -> None:
    market = Market(await database(market_schema), asker, ScriptedVenue(clock), clock)
    await market.catalogue.read()
    roads = await reach(MarketPrices, market.prices)
    unpriced = await same(roads, "find_price", FindPrice(base="BTC", quote="EUR"))
    assert refused(unpriced) == "market.price_unavailable"
    unknown = await same(roads, "find_price", FindPrice(base="BTC", quote="DOUBLOON"))
    assert refused(unknown) == "market.instrument_unknown"
    market.prices.hear(_observed(clock))
    price = await same(roads, "find_price", FindPrice(base="BTC", quote="EUR"))
    assert (price["bid"], price["ask"], price["sources"]) == ("49999.50", "50000.50", ["binance"])


async def test_the_reference_rates_of_the_market(
    reach: Reach, database: Opener, asker: Bus, clock: SettableClock
) -> None:
    db = await database(market_schema)
    market = Market(db, asker, ScriptedVenue(clock), clock)
    await market.catalogue.read()
    roads = await reach(MarketRates, market.reference.rates)
    dollars = FindFiatRate(base="EUR", quote="USD")
    assert refused(await same(roads, "find_fiat_rate", dollars)) == "market.rate_without_quorum"
    unknown = await same(roads, "find_fiat_rate", FindFiatRate(base="EUR", quote="BTC"))
    assert refused(unknown) == "market.rate_unknown"
    async with db.begin() as tx:
        sheet = Sheet("EUR", clock.now(), {"USD": Decimal("1.1510")})
        await rates.keep_sheet(tx, "ecb", sheet, clock.now())
    rate = await same(roads, "find_fiat_rate", dollars)
    assert (rate["rate"], rate["sources"], rate["age_s"]) == ("1.151", ["ecb"], 0)
    assert [opinion["verdict"] for opinion in rate["opinions"]] == ["accepted", "unseen", "unseen"]


def _observed(clock: SettableClock) -> Observation:
    return Observation("BTC/EUR", "binance", Decimal("49999.50"), Decimal("50000.50"), clock.now(), None)
