"""Limits by rolling window: nothing gets past them, in no race and by no road."""

import asyncio
from typing import Any

import asyncpg
import pytest

from capitalino.contracts.ledger.api import EntryAccepted, ReadLimits, SetLimits, Window
from capitalino.services.ledger.errors.entries import InsufficientFunds, LimitReached
from tests.integration.ledger.maker import ALICE, BOB, WORLD, Books, capture, entry, hold, release
from tests.support.database import FreshDatabase

KEY = "investor:alice:withdrawal"
DAY_S, MONTH_S = 86_400, 30 * 86_400


def counted(units: int, key: str = KEY) -> dict[str, Any]:
    """That much against the limit."""
    return {"reference_units": units, "limit_key": key}


async def limit(books: Books, day: int, month: int = 10**9) -> None:
    """So much a day and a month."""
    windows = (Window(seconds=DAY_S, units=day), Window(seconds=MONTH_S, units=month))
    await books.accounts.set_limits(SetLimits(limit_key=KEY, windows=windows))


async def used(books: Books) -> list[int]:
    """What was used of each window."""
    return [one.used for one in (await books.accounts.read_limits(ReadLimits(limit_key=KEY))).windows]


async def test_without_a_limit_nothing_passes(books: Books) -> None:
    await books.give(ALICE, 100)
    with pytest.raises(LimitReached):
        await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(1)))
    await books.entries.post_entry(entry(ALICE, WORLD, 1))
    await books.agree()


async def test_two_hundred_at_once_at_the_border_use_the_limit_to_the_unit(books: Books, twin: Books) -> None:
    await limit(books, day=500)
    await books.give(ALICE, 10_000)
    answers = await asyncio.gather(
        *(
            (books, twin)[number % 2].entries.post_entry(entry(ALICE, WORLD, 10, **counted(7)))
            for number in range(200)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, EntryAccepted) for one in answers) == 500 // 7
    assert sum(isinstance(one, LimitReached) for one in answers) == 200 - 500 // 7
    assert await used(books) == [497, 497]
    await books.agree()


async def test_the_narrowest_window_binds(books: Books) -> None:
    await limit(books, day=100, month=30)
    await books.give(ALICE, 1000)
    await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(30)))
    with pytest.raises(LimitReached):
        await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(1)))
    await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(0)))
    await books.agree()


async def test_a_window_rolls(books: Books, fresh_database: FreshDatabase) -> None:
    await limit(books, day=100)
    await books.give(ALICE, 1000)
    first = await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(100)))
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    yesterday = (
        "update ledger.window_use set recorded_at = recorded_at - interval '25 hours' where entry_id = $1"
    )
    await owner.execute(yesterday, first.entry_id)
    await owner.close()
    assert await used(books) == [0, 100]
    await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(100)))


async def test_what_is_refused_for_another_reason_uses_nothing(books: Books) -> None:
    await limit(books, day=100)
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(100)))
    assert await used(books) == [0, 0]
    await books.agree()


async def test_a_refusal_by_the_limit_leaves_the_room_on_the_accounts(books: Books) -> None:
    await limit(books, day=10)
    await books.give(ALICE, 100)
    big, small = entry(ALICE, WORLD, 90, **counted(11)), entry(ALICE, WORLD, 50, **counted(10))
    answers = await asyncio.gather(*map(books.entries.post_entry, (big, small)), return_exceptions=True)
    assert isinstance(answers[0], LimitReached)
    assert isinstance(answers[1], EntryAccepted)
    await books.agree()


async def test_a_hold_uses_the_limit_and_gives_it_back_when_it_is_released(books: Books) -> None:
    await limit(books, day=100)
    await books.give(ALICE, 1000)
    held = await books.entries.hold_units(hold(ALICE, WORLD, 10, **counted(80)))
    with pytest.raises(LimitReached):
        await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(21)))
    await books.entries.release_hold(release(held.entry_id))
    assert await used(books) == [0, 0]
    held = await books.entries.hold_units(hold(ALICE, WORLD, 10, **counted(100)))
    await books.entries.capture_hold(capture(held.entry_id))
    assert await used(books) == [100, 100]
    await books.agree()


async def test_limits_of_others_are_their_own(books: Books) -> None:
    await limit(books, day=10)
    for address in (ALICE, BOB):
        await books.give(address, 100)
    other = SetLimits(limit_key="investor:bob:withdrawal", windows=(Window(seconds=DAY_S, units=10),))
    await books.accounts.set_limits(other)
    await asyncio.gather(
        books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(10))),
        books.entries.post_entry(entry(BOB, WORLD, 1, **counted(10, "investor:bob:withdrawal"))),
    )
    await books.agree()


async def test_a_lowered_limit_binds_the_next_and_a_removed_window_no_more(books: Books) -> None:
    await limit(books, day=100)
    await books.give(ALICE, 100)
    await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(50)))
    await limit(books, day=40)
    with pytest.raises(LimitReached):
        await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(1)))
    month = SetLimits(limit_key=KEY, windows=(Window(seconds=MONTH_S, units=60),))
    assert len((await books.accounts.set_limits(month)).windows) == 1
    await books.entries.post_entry(entry(ALICE, WORLD, 1, **counted(10)))
    await books.agree()
