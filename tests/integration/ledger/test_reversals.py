"""Reversals: wholly or in part, never more than the entry moved."""

import asyncio

import pytest

from capitalino.contracts.ledger.api import EntryAccepted, PostEntry, Share
from capitalino.kit.ids import new_id
from capitalino.services.ledger.errors.entries import EntryReversed, EntryUnknown, InsufficientFunds, NotPart
from tests.integration.ledger.maker import (
    ALICE,
    BOB,
    SHOP,
    WORLD,
    Books,
    capture,
    entry,
    hold,
    posting,
    release,
    reversal,
)


def part(units: int, number: int = 1) -> tuple[Share, ...]:
    """Units of one posting."""
    return (Share(number=number, units=units),)


async def paid(books: Books, units: int = 100) -> EntryAccepted:
    """Alice has paid the shop."""
    await books.give(ALICE, units)
    return await books.entries.post_entry(entry(ALICE, SHOP, units))


async def test_a_reversal_takes_back_all_postings_and_leaves_the_entry(books: Books) -> None:
    await books.give(ALICE, 100)
    bought = PostEntry(
        entry_id=new_id(),
        code="test.post",
        postings=(posting(ALICE, SHOP, 90), posting(ALICE, BOB, 10)),
    )
    await books.entries.post_entry(bought)
    answer = await books.entries.reverse_entry(reversal(bought.entry_id))
    assert {one.address: one.posted for one in answer.balances} == {ALICE: 100, SHOP: 0, BOB: 0}
    assert (await books.entries.post_entry(bought)).repeated
    await books.agree()


async def test_two_reversals_of_sixty_on_a_hundred_at_once_take_back_sixty(books: Books, twin: Books) -> None:
    first = await paid(books)
    answers = await asyncio.gather(
        *(one.entries.reverse_entry(reversal(first.entry_id, shares=part(60))) for one in (books, twin)),
        return_exceptions=True,
    )
    assert sorted(map(type, answers), key=str) == [EntryAccepted, EntryReversed]
    assert (await books.balance(ALICE)).posted == 60
    await books.agree()


async def test_sixty_reversals_of_two_at_once_take_back_a_hundred(books: Books, twin: Books) -> None:
    first = await paid(books)
    answers = await asyncio.gather(
        *(
            (books, twin)[number % 2].entries.reverse_entry(reversal(first.entry_id, shares=part(2)))
            for number in range(60)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, EntryAccepted) for one in answers) == 50
    assert sum(isinstance(one, EntryReversed) for one in answers) == 10
    await books.agree()


async def test_a_whole_reversal_after_a_part_is_too_much(books: Books) -> None:
    first = await paid(books)
    await books.entries.reverse_entry(reversal(first.entry_id, shares=part(1)))
    with pytest.raises(EntryReversed):
        await books.entries.reverse_entry(reversal(first.entry_id))
    await books.entries.reverse_entry(reversal(first.entry_id, shares=part(99)))
    with pytest.raises(EntryReversed):
        await books.entries.reverse_entry(reversal(first.entry_id, shares=part(1)))
    await books.agree()


async def test_a_posting_named_twice_counts_twice(books: Books) -> None:
    first = await paid(books)
    with pytest.raises(EntryReversed):
        await books.entries.reverse_entry(reversal(first.entry_id, shares=part(60) + part(60)))
    await books.entries.reverse_entry(reversal(first.entry_id, shares=part(40) + part(60)))
    await books.agree()


async def test_a_posting_that_is_not_there_is_no_part(books: Books) -> None:
    first = await paid(books)
    with pytest.raises(NotPart):
        await books.entries.reverse_entry(reversal(first.entry_id, shares=part(1, number=2)))
    await books.agree()


async def test_a_capture_is_reversed_as_an_entry_is(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    taken = await books.entries.capture_hold(capture(held.entry_id, units=50))
    await books.entries.reverse_entry(reversal(taken.entry_id))
    assert (await books.balance(ALICE)).posted == 100
    await books.agree()


async def test_what_moved_nothing_is_not_reversed(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    given_back = await books.entries.release_hold(release(held.entry_id))
    refused = entry(BOB, SHOP, 1)
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(refused)
    for one in (held.entry_id, given_back.entry_id, refused.entry_id, new_id()):
        with pytest.raises(EntryUnknown):
            await books.entries.reverse_entry(reversal(one))
    await books.agree()


async def test_a_reversal_keeps_the_bounds(books: Books) -> None:
    first = await paid(books)
    await books.entries.post_entry(entry(SHOP, WORLD, 50))
    with pytest.raises(InsufficientFunds):
        await books.entries.reverse_entry(reversal(first.entry_id))
    await books.entries.reverse_entry(reversal(first.entry_id, shares=part(50)))
    await books.agree()


async def test_the_same_reversal_again_answers_as_the_first_time(books: Books, twin: Books) -> None:
    first = await paid(books)
    command = reversal(first.entry_id, shares=part(60))
    answers = await asyncio.gather(*(one.entries.reverse_entry(command) for one in [books, twin] * 10))
    assert sum(not one.repeated for one in answers) == 1
    assert (await books.balance(ALICE)).posted == 60
    await books.agree()
