"""Entries: what moves, what is refused, and that asking again changes nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from capitalino.contracts.ledger.api import Account, FindEntry, OpenAccounts, PostEntry, ReadBalances
from capitalino.kit.clock import SYSTEM
from capitalino.kit.errors import AppError
from capitalino.kit.ids import new_id
from capitalino.services.ledger.errors.accounts import AccountDiffers, AccountUnknown, AssetUnknown
from capitalino.services.ledger.errors.entries import (
    CeilingReached,
    EntryIdReused,
    EntryUnsound,
    InsufficientFunds,
)
from tests.integration.ledger.maker import ALICE, BOB, SHOP, WORLD, Books, entry, posting


async def test_an_entry_moves_all_its_postings_and_answers_the_balances_after_it(books: Books) -> None:
    await books.give(ALICE, 1000)
    answer = await books.entries.post_entry(
        PostEntry(
            entry_id=new_id(),
            code="test.post",
            postings=(posting(ALICE, SHOP, 300), posting(ALICE, BOB, 50), posting(SHOP, BOB, 1)),
        )
    )
    assert not answer.repeated
    assert {one.address: (one.posted, one.version) for one in answer.balances} == {
        ALICE: (650, 3),
        SHOP: (299, 2),
        BOB: (51, 2),
    }
    await books.agree()


async def test_the_same_entry_again_answers_as_the_first_time_and_moves_nothing(books: Books) -> None:
    command = entry(WORLD, ALICE, 100)
    first = await books.entries.post_entry(command)
    await books.give(ALICE, 7)
    again = await books.entries.post_entry(command)
    assert again.repeated
    assert again.model_copy(update={"repeated": False, "balances": ()}) == first.model_copy(
        update={"balances": ()}
    )
    assert set(again.balances) == set(first.balances)
    assert (await books.balance(ALICE)).posted == 107


async def test_the_same_id_fifty_times_at_once_is_one_entry_and_equal_answers(
    books: Books, twin: Books
) -> None:
    command = entry(WORLD, ALICE, 5)
    answers = await asyncio.gather(
        *((books if number % 2 else twin).entries.post_entry(command) for number in range(50))
    )
    assert [answer.repeated for answer in answers].count(False) == 1
    assert len({(one.recorded_at, frozenset(one.balances)) for one in answers}) == 1
    assert (await books.balance(ALICE)).posted == 5
    await books.agree()


async def test_an_id_with_another_body_is_refused(books: Books, twin: Books) -> None:
    command = entry(WORLD, ALICE, 5)
    await books.entries.post_entry(command)
    for other in (
        entry(WORLD, ALICE, 6, entry_id=command.entry_id),
        entry(WORLD, BOB, 5, entry_id=command.entry_id),
        entry(WORLD, ALICE, 5, entry_id=command.entry_id, metadata={"quote_id": "1"}),
    ):
        with pytest.raises(EntryIdReused):
            await twin.entries.post_entry(other)
    assert (await books.balance(ALICE)).posted == 5


async def test_of_two_bodies_with_one_id_at_once_one_wins_whole(books: Books, twin: Books) -> None:
    for _ in range(10):
        entry_id = new_id()
        one, other = entry(WORLD, ALICE, 5, entry_id=entry_id), entry(WORLD, BOB, 5, entry_id=entry_id)
        answers = await asyncio.gather(
            *(books.entries.post_entry(one) for _ in range(5)),
            *(twin.entries.post_entry(other) for _ in range(5)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, EntryIdReused) for answer in answers) == 5
    assert (await books.balance(ALICE)).posted + (await books.balance(BOB)).posted == 50
    await books.agree()


async def test_a_refused_id_never_succeeds_later(books: Books, twin: Books) -> None:
    command = entry(ALICE, BOB, 10)
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(command)
    await books.give(ALICE, 1000)
    for either in (books, twin):
        with pytest.raises(InsufficientFunds):
            await either.entries.post_entry(command)
    with pytest.raises(EntryIdReused):
        await books.entries.post_entry(entry(ALICE, BOB, 9, entry_id=command.entry_id))
    found = await books.entries.find_entry(FindEntry(entry_id=command.entry_id))
    assert (found.state, found.code) == ("refused", "ledger.insufficient_funds")
    assert (await books.balance(BOB)).version == 0


async def test_find_entry_tells_what_stands_and_what_was_never_seen(books: Books) -> None:
    answer = await books.give(ALICE, 1)
    found = await books.entries.find_entry(FindEntry(entry_id=answer.entry_id))
    assert (found.state, found.recorded_at) == ("accepted", answer.recorded_at)
    assert (await books.entries.find_entry(FindEntry(entry_id=new_id()))).state is None


async def test_fifty_withdrawals_of_ten_from_a_hundred_pay_out_ten_times(books: Books, twin: Books) -> None:
    await books.give(ALICE, 100)
    answers = await asyncio.gather(
        *(
            (books if number % 2 else twin).entries.post_entry(entry(ALICE, WORLD, 10))
            for number in range(50)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, InsufficientFunds) for answer in answers) == 40
    assert (await books.balance(ALICE)).posted == 0
    await books.agree()


async def test_a_refusal_in_a_batch_touches_nobody_else(books: Books) -> None:
    await books.give(ALICE, 100)
    commands = [entry(ALICE, BOB, 1) if number % 5 else entry(ALICE, BOB, 1000) for number in range(50)]
    answers = await asyncio.gather(*map(books.entries.post_entry, commands), return_exceptions=True)
    assert [isinstance(one, InsufficientFunds) for one in answers] == [n % 5 == 0 for n in range(50)]
    assert (await books.balance(BOB)).posted == 40
    await books.agree()


async def test_crossing_movements_of_two_processes_end_without_deadlock(books: Books, twin: Books) -> None:
    await books.give(ALICE, 1000)
    await books.give(BOB, 1000)
    crossing = [
        either.entries.post_entry(entry(source, destination, 1))
        for _ in range(50)
        for either in (books, twin)
        for source, destination in ((ALICE, BOB), (BOB, ALICE))
    ]
    await asyncio.gather(*crossing)
    assert (await books.balance(ALICE)).posted == 1000
    await books.agree()


async def test_amounts_in_wei_are_exact(books: Books) -> None:
    wei = 10**18 * 1_000_000 + 1
    await books.open(WORLD, ALICE, asset="ETH")
    await books.give(ALICE, wei, "ETH")
    await books.give(ALICE, 2, "ETH")
    assert (await books.balance(ALICE, "ETH")).posted == wei + 2
    await books.agree()


async def test_more_than_the_book_can_count_is_refused_and_harms_nobody(books: Books) -> None:
    await books.open(WORLD, ALICE, asset="ETH")
    most = 10**38 - 1
    await books.give(ALICE, most, "ETH")
    with pytest.raises(EntryUnsound):
        await books.give(ALICE, most + 1, "ETH")
    poisonous, sound = entry(WORLD, ALICE, most, "ETH"), [entry(WORLD, BOB, 1) for _ in range(20)]
    answers = await asyncio.gather(
        *map(books.entries.post_entry, [*sound[:7], poisonous, *sound[7:]]), return_exceptions=True
    )
    assert [number for number, one in enumerate(answers) if isinstance(one, AppError)] == [7]
    assert isinstance(answers[7], EntryUnsound)
    assert (await books.balance(BOB)).posted == 20
    await books.agree()


async def test_a_posting_in_another_asset_than_its_account_is_refused(books: Books) -> None:
    await books.open(WORLD, asset="BTC")
    with pytest.raises(AccountUnknown):
        await books.entries.post_entry(entry(WORLD, ALICE, 1, "BTC"))
    assert (await books.balance(ALICE)).version == 0


async def test_an_unknown_account_is_refused_for_ever_but_opening_it_helps_new_ids(books: Books) -> None:
    command = entry(WORLD, "investor:carol:cash", 1)
    with pytest.raises(AccountUnknown):
        await books.entries.post_entry(command)
    await books.open("investor:carol:cash")
    with pytest.raises(AccountUnknown):
        await books.entries.post_entry(command)
    await books.give("investor:carol:cash", 1)
    await books.agree()


async def test_books_do_not_mix(books: Books) -> None:
    await books.open("game:bank", floor=None, book="game")
    await books.open("investor:alice:game", book="game")
    await books.entries.post_entry(entry("game:bank", "investor:alice:game", 100))
    for source, destination in (("game:bank", ALICE), (WORLD, "investor:alice:game")):
        with pytest.raises(AccountUnknown):
            await books.entries.post_entry(entry(source, destination, 1))
    await books.agree()


async def test_a_ceiling_is_kept(books: Books) -> None:
    await books.open("house:capped", ceiling=100)
    await books.give("house:capped", 100)
    with pytest.raises(CeilingReached):
        await books.give("house:capped", 1)


async def test_a_floor_below_zero_is_a_credit_line(books: Books) -> None:
    await books.open("investor:carol:cash", floor=-50)
    await books.entries.post_entry(entry("investor:carol:cash", BOB, 50))
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(entry("investor:carol:cash", BOB, 1))


async def test_from_an_account_to_itself_is_unsound_and_spends_no_id(books: Books) -> None:
    command = entry(ALICE, ALICE, 1)
    with pytest.raises(EntryUnsound):
        await books.entries.post_entry(command)
    assert (await books.entries.find_entry(FindEntry(entry_id=command.entry_id))).state is None


async def test_opening_again_with_the_same_bounds_is_nothing_new(books: Books) -> None:
    again = OpenAccounts(accounts=(Account(address=ALICE, asset="EUR"), Account(address=ALICE, asset="BTC")))
    assert (await books.accounts.open_accounts(again)).opened == 1
    assert (await books.accounts.open_accounts(again)).opened == 0


async def test_accounts_are_opened_all_or_none(books: Books) -> None:
    new = Account(address="investor:carol:cash", asset="EUR")
    for refusal, bad in (
        (AccountDiffers, Account(address=ALICE, asset="EUR", floor=-1)),
        (AssetUnknown, Account(address=ALICE, asset="XXX")),
    ):
        with pytest.raises(refusal):
            await books.accounts.open_accounts(OpenAccounts(accounts=(new, bad)))
    read = await books.accounts.read_balances(ReadBalances(prefix="investor:carol:"))
    assert read.balances == ()


async def test_a_prefix_reads_the_accounts_below_it_only(books: Books) -> None:
    await books.open(ALICE, asset="BTC")
    await books.open("investor:alice:cash2", "investor:alicf:cash")
    read = await books.accounts.read_balances(ReadBalances(prefix="investor:alice:"))
    assert [(one.address, one.asset) for one in read.balances] == [
        (ALICE, "BTC"),
        (ALICE, "EUR"),
        ("investor:alice:cash2", "EUR"),
    ]


async def test_a_back_dated_entry_is_right_on_both_time_axes(books: Books) -> None:
    before = await books.give(ALICE, 100)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    await books.entries.post_entry(entry(WORLD, ALICE, 30, effective_at=long_ago))
    await books.entries.post_entry(entry(WORLD, ALICE, 5, effective_at=SYSTEM.now() + timedelta(days=400)))
    last = await books.give(ALICE, 1)
    assert await books.balance_at(ALICE, long_ago - timedelta(days=1)) == (0, 0)
    assert await books.balance_at(ALICE, long_ago) == (0, 30)
    assert await books.balance_at(ALICE, before.recorded_at) == (100, 130)
    assert await books.balance_at(ALICE, last.recorded_at) == (136, 131)
    await books.agree()
