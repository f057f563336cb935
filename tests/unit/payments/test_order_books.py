"""Books are read once for all who ask, kept for a moment, and not waited for."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, cast

import pytest

from capitalino.kit.tasks import Tasks
from capitalino.services.payments.service.order_books import OrderBooks
from capitalino.venues.port import Again, Book, Instrument, Never, Pair, Venue
from tests.support.clock import NOON, SettableClock

BTC = Pair("BTC", "EUR")
RULES = Instrument(BTC, *(Decimal(1) for _ in range(5)))


class Told:
    """A venue whose book comes when it is let, or that fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.let = asyncio.Event()
        self.let.set()
        self.fails: Exception | None = None

    async def instruments(self, _: Any) -> tuple[Instrument, ...]:
        self.calls += 1
        if self.fails is not None:
            raise self.fails
        return (RULES,)

    async def book(self, pair: Pair, depth: int) -> Book:
        await self.let.wait()
        return Book(pair, (), (), NOON)


@pytest.fixture
def venue() -> Told:
    return Told()


@pytest.fixture
async def books(venue: Told, clock: SettableClock) -> AsyncIterator[OrderBooks]:
    tasks = Tasks(stop_s=0)
    async with tasks.open():
        yield OrderBooks({"okx": cast("Venue", venue)}, tasks, clock, kept_s=1, within_s=0.05)


async def test_all_who_ask_at_once_share_one_read(books: OrderBooks, venue: Told) -> None:
    found = await asyncio.gather(*(books.of(BTC, ["okx"]) for _ in range(20)))
    assert venue.calls == 1
    assert {one["okx"].rules for one in found} == {RULES}


async def test_a_book_is_kept_for_a_moment(books: OrderBooks, venue: Told, clock: SettableClock) -> None:
    for advance, calls in ((0, 1), (0.9, 1), (0.2, 2)):
        clock.advance(advance)
        assert (await books.of(BTC, ["okx"]))["okx"].why is None
        assert venue.calls == calls


async def test_a_late_book_is_left_out_and_there_for_the_next(books: OrderBooks, venue: Told) -> None:
    venue.let.clear()
    assert (await books.of(BTC, ["okx"]))["okx"].why == "late"
    assert (await books.of(BTC, ["okx"]))["okx"].why == "late"
    venue.let.set()
    assert (await books.of(BTC, ["okx"]))["okx"].why is None
    assert venue.calls == 1, "the read that was late went on"


async def test_what_went_wrong_is_asked_again_and_a_no_is_kept(
    books: OrderBooks, venue: Told, clock: SettableClock
) -> None:
    venue.fails = Again("5xx", "away", retry_after_s=7)
    seen = [(await books.of(BTC, ["okx"]))["okx"] for _ in range(2)]
    assert [(one.why, one.wait_s, one.is_final) for one in seen] == [("5xx", 7, False)] * 2
    assert venue.calls == 2
    venue.fails = Never("not_traded", "no")
    seen = [(await books.of(BTC, ["okx"]))["okx"] for _ in range(2)]
    assert [(one.why, one.is_final) for one in seen] == [("not_traded", True)] * 2
    assert venue.calls == 3
    clock.advance(301)
    await books.of(BTC, ["okx"])
    assert venue.calls == 4
