"""Exchanges: who gives gets at most what the rate makes of it; spread and fee are postings of their own."""

from decimal import Decimal

import pytest

from capitalino.contracts.ledger.api import CaptureHold, Exchange, PostEntries, PostEntry
from capitalino.kit.ids import new_id
from capitalino.services.ledger.errors.accounts import AssetUnknown
from capitalino.services.ledger.errors.entries import ExchangeUnfair
from tests.integration.ledger.maker import ALICE, WORLD, Books, hold, posting

HOUSE, SPREAD = "liquidity:conversion", "fees:spread"
QUOTE = new_id()


@pytest.fixture
async def house(books: Books) -> Books:
    """A house that exchanges EUR to BTC, and Alice with a hundred euros."""
    await books.open(HOUSE, floor=None)
    for address in (ALICE, HOUSE, SPREAD):
        await books.open(address, asset="BTC", floor=None if address == HOUSE else 0)
    await books.give(ALICE, 100_00)
    return books


def terms(rate: str = "0.00002", got: str = "BTC") -> Exchange:
    """Of the quote."""
    return Exchange(quote_id=QUOTE, rate=Decimal(rate), given="EUR", got=got)


def bought(satoshi: int, exchange: Exchange, spread: int = 100) -> PostEntry:
    """A hundred euros for so many satoshi."""
    postings = (
        posting(ALICE, HOUSE, 100_00),
        posting(HOUSE, ALICE, satoshi, "BTC"),
        posting(HOUSE, SPREAD, spread, "BTC"),
    )
    return PostEntry(entry_id=new_id(), code="test.exchange", postings=postings, exchange=exchange)


async def test_what_the_rate_makes_of_it_is_the_most_that_is_got(house: Books) -> None:
    with pytest.raises(ExchangeUnfair):
        await house.entries.post_entry(bought(200_001, terms()))
    await house.entries.post_entry(bought(200_000, terms()))
    assert (await house.balance(ALICE, "BTC")).posted == 200_000
    assert (await house.balance(SPREAD, "BTC")).posted == 100
    await house.agree()


async def test_a_fraction_is_rounded_down_for_the_house(house: Books) -> None:
    with pytest.raises(ExchangeUnfair):
        await house.entries.post_entry(bought(333_334, terms("0.0000333333")))
    await house.entries.post_entry(bought(333_333, terms("0.0000333333")))


async def test_an_unfair_exchange_spends_no_id(house: Books) -> None:
    command = bought(200_001, terms())
    with pytest.raises(ExchangeUnfair):
        await house.entries.post_entry(command)
    with pytest.raises(ExchangeUnfair):
        await house.entries.post_entries(PostEntries(entries=(command,)))
    await house.entries.post_entry(command.model_copy(update={"exchange": terms("0.00003")}))


async def test_a_capture_counts_what_was_held(house: Books) -> None:
    held = await house.entries.hold_units(hold(ALICE, HOUSE, 100_00))

    def captured(satoshi: int, units: int | None = None) -> CaptureHold:
        return CaptureHold(
            entry_id=new_id(),
            hold_id=held.entry_id,
            code="test.exchange",
            units=units,
            further=(posting(HOUSE, ALICE, satoshi, "BTC"),),
            exchange=terms(),
        )

    for unfair in (captured(200_001), captured(100_001, units=50_00)):
        with pytest.raises(ExchangeUnfair):
            await house.entries.capture_hold(unfair)
    await house.entries.capture_hold(captured(100_000, units=50_00))
    await house.agree()


async def test_the_quote_and_its_rate_stay_with_the_entry(house: Books) -> None:
    command = bought(5, terms("0.00002000"))
    await house.entries.post_entry(command)
    assert (await house.entries.post_entry(command)).repeated
    async with house.db.begin() as tx:
        row = (
            await tx.conn.exec_driver_sql("select metadata from ledger.entry where code = 'test.exchange'")
        ).one()
    assert row.metadata == {"quote_id": str(QUOTE), "rate": "0.00002000"}


async def test_an_exchange_without_two_sides_is_unfair(house: Books) -> None:
    for postings in ((posting(ALICE, WORLD, 5),), (posting(HOUSE, ALICE, 5, "BTC"),)):
        command = PostEntry(entry_id=new_id(), code="test.exchange", postings=postings, exchange=terms())
        with pytest.raises(ExchangeUnfair):
            await house.entries.post_entry(command)
    with pytest.raises(AssetUnknown):
        await house.entries.post_entry(bought(5, terms(got="XYZ")))
