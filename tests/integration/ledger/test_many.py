"""Many entries at once: each on its own merits, or all or none; and previews."""

import asyncio

import pytest

from capitalino.contracts.ledger.api import EntriesAnswered, PostEntries, Share
from capitalino.services.ledger.errors.entries import EntryUnsound
from tests.integration.ledger.maker import (
    ALICE,
    BOB,
    SHOP,
    WORLD,
    Books,
    capture,
    entry,
    hold,
    release,
    reversal,
)


def states(answer: EntriesAnswered) -> list[str]:
    """Each state, or the code of its refusal."""
    return [one.code or one.state for one in answer.outcomes]


async def test_each_of_many_has_its_own_outcome(books: Books) -> None:
    await books.give(ALICE, 100)
    first = entry(ALICE, BOB, 60)
    many = PostEntries(entries=(first, entry(ALICE, BOB, 60), entry(ALICE, BOB, 40), hold(BOB, SHOP, 50)))
    answer = await books.entries.post_entries(many)
    assert states(answer) == ["accepted", "ledger.insufficient_funds", "accepted", "accepted"]
    held = answer.outcomes[3]
    assert held.balances is not None
    assert next(one for one in held.balances if one.address == BOB).available == 50
    again = await books.entries.post_entries(many)
    assert states(again) == ["repeated", "ledger.insufficient_funds", "repeated", "repeated"]
    assert again.outcomes[0].recorded_at == answer.outcomes[0].recorded_at
    await books.agree()


async def test_all_or_none_moves_nothing_when_one_is_refused(books: Books) -> None:
    await books.give(ALICE, 100)
    many = PostEntries(
        entries=(entry(ALICE, BOB, 60), entry(ALICE, BOB, 60), entry(WORLD, BOB, 1)), whole=True
    )
    answer = await books.entries.post_entries(many)
    assert states(answer) == [
        "ledger.refused_together",
        "ledger.insufficient_funds",
        "ledger.refused_together",
    ]
    assert (await books.balance(ALICE)).posted == 100
    await books.give(ALICE, 1000)
    assert states(await books.entries.post_entries(many)) == states(answer), "the ids are spent"
    await books.agree()


async def test_all_or_none_moves_all_when_all_pass(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 30))
    paid = await books.entries.post_entry(entry(ALICE, BOB, 20))
    wanted = (capture(held.entry_id), reversal(paid.entry_id), entry(ALICE, BOB, 5), entry(BOB, SHOP, 5))
    answer = await books.entries.post_entries(PostEntries(entries=wanted, whole=True))
    assert states(answer) == ["accepted"] * 4
    assert (await books.balance(ALICE)).posted == 65
    await books.agree()


async def test_what_passes_in_whole_counts_its_reversals_together(books: Books) -> None:
    await books.give(ALICE, 100)
    paid = await books.entries.post_entry(entry(ALICE, BOB, 100))
    parts = tuple(reversal(paid.entry_id, shares=(Share(number=1, units=60),)) for _ in range(2))
    answer = await books.entries.post_entries(PostEntries(entries=parts, whole=True))
    assert states(answer) == ["ledger.refused_together", "ledger.entry_reversed"]
    answer = await books.entries.post_entries(
        PostEntries(entries=tuple(reversal(paid.entry_id, shares=one.shares) for one in parts))
    )
    assert states(answer) == ["accepted", "ledger.entry_reversed"]
    await books.agree()


async def test_ten_thousand_entries_are_posted_at_once_and_no_more(books: Books) -> None:
    numbers = range(200)
    await books.open(*(f"investor:n{number}:cash" for number in numbers[:100]), floor=None)
    await books.open(*(f"investor:n{number}:cash" for number in numbers[100:]), floor=None)
    wanted = [
        entry(f"investor:n{number % 100}:cash", f"investor:n{100 + number % 97}:cash", 1)
        for number in range(10_000)
    ]
    answer = await books.entries.post_all(wanted, whole=False)
    assert {one.state for one in answer.outcomes} == {"accepted"}
    assert answer.outcomes[0].balances is None, "they would be too many for one answer"
    with pytest.raises(EntryUnsound):
        await books.entries.post_all([*wanted, entry(ALICE, BOB, 1)], whole=True)
    await books.agree()


async def test_parts_of_a_bulk_that_share_no_account_keep_the_order_of_those_that_do(books: Books) -> None:
    """Chains of transfers in which each link needs the one before it, over many pairs of accounts."""
    names = [f"investor:c{number}:cash" for number in range(90)]
    await books.open(*names)
    wanted = []
    for first in range(0, 90, 3):
        one, two, three = names[first : first + 3]
        for _ in range(10):
            wanted += [entry(WORLD, one, 5)] if first == 0 else []
            wanted += [entry(one, two, 5), entry(two, three, 5), entry(three, one, 5)]
    await asyncio.gather(*(books.give(names[first], 5) for first in range(0, 90, 3)))
    answer = await books.entries.post_all(wanted, whole=False)
    assert {one.state for one in answer.outcomes} == {"accepted"}
    await books.agree()


async def test_two_bulks_with_the_same_ids_at_once_are_one(books: Books, twin: Books) -> None:
    await books.give(ALICE, 1000)
    wanted = [entry(ALICE, BOB, 1) for _ in range(300)]
    answers = await asyncio.gather(
        *(one.entries.post_all(wanted, whole=whole) for one in (books, twin) for whole in (False, True))
    )
    for answer in answers:
        assert {one.state for one in answer.outcomes} <= {"accepted", "repeated"}
    assert (await books.balance(BOB)).posted == 300
    await books.agree()


async def test_a_preview_tells_what_would_happen_and_nothing_happens(books: Books) -> None:
    await books.give(ALICE, 100)
    many = PostEntries(entries=(entry(ALICE, BOB, 60), entry(ALICE, BOB, 60), hold(BOB, SHOP, 60)))
    told = await books.entries.preview_entries(many)
    assert states(told) == ["accepted", "ledger.insufficient_funds", "accepted"]
    assert told.outcomes[0].balances is not None
    assert {one.address: one.posted for one in told.outcomes[0].balances} == {ALICE: 40, BOB: 60}
    assert (await books.balance(ALICE)).version == 1
    done = await books.entries.post_entries(many)
    assert states(done) == states(told), "no id was spent"
    assert [one.balances for one in done.outcomes] == [one.balances for one in told.outcomes]
    preview = await books.entries.preview_entries(PostEntries(entries=(release(many.entries[2].entry_id),)))
    assert states(preview) == ["accepted"]
    await books.agree()


async def test_what_cannot_be_counted_spoils_itself_only(books: Books) -> None:
    await books.open("investor:a:cash", "investor:b:cash", floor=None)
    most = 10**38 - 1
    await books.entries.post_entry(entry("investor:a:cash", "investor:b:cash", most))
    wanted = [entry(WORLD, ALICE, 1), entry("investor:a:cash", "investor:b:cash", most), entry(WORLD, BOB, 1)]
    answer = await books.entries.post_all(wanted, whole=False)
    assert states(answer) == ["accepted", "ledger.entry_unsound", "accepted"]
    answer = await books.entries.post_all(
        [entry(WORLD, ALICE, 1), entry("investor:a:cash", "investor:b:cash", most)], whole=True
    )
    assert states(answer) == ["ledger.entry_unsound"] * 2
    await books.agree()
