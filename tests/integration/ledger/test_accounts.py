"""Freezing, closing and bounding accounts; closing periods; reading a balance at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from capitalino.contracts.ledger.api import (
    Account,
    AmendAccount,
    ClosePeriod,
    EntryAccepted,
    OpenAccounts,
    ReadBalanceAt,
)
from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id
from capitalino.services.ledger.errors.accounts import (
    AccountBarred,
    AccountNotEmpty,
    AccountUnknown,
    BalanceOutOfBounds,
    BookUnknown,
    ChangeIdReused,
    PeriodIsClosed,
    PeriodNotOver,
)
from capitalino.services.ledger.errors.entries import CeilingReached, InsufficientFunds
from tests.integration.ledger.maker import ALICE, BOB, WORLD, Books, entry, hold, reversal

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_only_an_empty_account_is_closed_and_it_may_be_opened_again(books: Books) -> None:
    await books.give(ALICE, 10)
    with pytest.raises(AccountNotEmpty):
        await books.amend(ALICE, state="close")
    await books.entries.post_entry(entry(ALICE, BOB, 10))
    await books.amend(ALICE, state="close")
    with pytest.raises(AccountBarred):
        await books.give(ALICE, 1)
    await books.amend(ALICE, state="reopen")
    await books.give(ALICE, 1)
    await books.agree()


async def test_an_account_with_a_hold_is_not_empty(books: Books) -> None:
    await books.give(ALICE, 10)
    await books.entries.hold_units(hold(ALICE, BOB, 10))
    with pytest.raises(AccountNotEmpty):
        await books.amend(BOB, state="close")


async def test_new_bounds_hold_at_once(books: Books) -> None:
    await books.amend(ALICE, floor=-50)
    await books.entries.post_entry(entry(ALICE, BOB, 50))
    with pytest.raises(BalanceOutOfBounds):
        await books.amend(ALICE, floor=0)
    with pytest.raises(BalanceOutOfBounds):
        await books.amend(BOB, ceiling=49)
    with pytest.raises(BalanceOutOfBounds):
        await books.amend(BOB, floor=10, ceiling=9)
    await books.amend(BOB, ceiling=60)
    with pytest.raises(CeilingReached):
        await books.give(BOB, 11)
    await books.amend(BOB, ceiling="none")
    await books.give(BOB, 11)
    await books.amend(ALICE, floor="none")
    await books.entries.post_entry(entry(ALICE, BOB, 10**12))
    await books.agree()


async def test_a_bound_and_the_money_that_would_break_it_at_once_end_within_the_bound(
    books: Books, twin: Books
) -> None:
    await books.amend(ALICE, floor=-100)
    for _ in range(10):
        await asyncio.gather(
            books.entries.post_entry(entry(ALICE, BOB, 30)),
            twin.amend(ALICE, floor=0),
            return_exceptions=True,
        )
        await books.agree()
        await books.amend(ALICE, floor=-1000)


async def test_the_same_change_again_is_nothing_new_and_another_under_its_id_is_refused(books: Books) -> None:
    change = AmendAccount(change_id=new_id(), address=ALICE, state="freeze", by="op", reason="a tip")
    assert not (await books.accounts.amend_account(change)).repeated
    await books.amend(ALICE, state="unfreeze")
    assert (await books.accounts.amend_account(change)).repeated
    await books.give(ALICE, 1)  # the repeat has frozen nothing
    with pytest.raises(ChangeIdReused):
        await books.accounts.amend_account(change.model_copy(update={"state": "close"}))


async def test_an_address_is_frozen_with_all_its_assets(books: Books) -> None:
    await books.open(ALICE, asset="BTC")
    await books.open(WORLD, asset="BTC")
    await books.amend(ALICE, state="freeze_in")
    for asset in ("EUR", "BTC"):
        with pytest.raises(AccountBarred):
            await books.give(ALICE, 1, asset)
    with pytest.raises(AccountUnknown):
        await books.amend("investor:nobody:cash", state="freeze")


async def test_nothing_is_back_dated_into_a_closed_period(books: Books) -> None:
    await books.give(ALICE, 100)
    before = entry(ALICE, BOB, 10, effective_at=LONG_AGO)
    await books.entries.post_entry(before)
    until = SYSTEM.now() - timedelta(seconds=1)
    await books.accounts.close_period(ClosePeriod(book="main", until=until))
    late = entry(ALICE, BOB, 10, effective_at=until - timedelta(days=1))
    with pytest.raises(PeriodIsClosed):
        await books.entries.post_entry(late)
    with pytest.raises(PeriodIsClosed):
        await books.entries.reverse_entry(reversal(before.entry_id, effective_at=LONG_AGO))
    assert (await books.entries.post_entry(before)).repeated
    await books.entries.post_entry(entry(ALICE, BOB, 10, effective_at=until))
    await books.entries.post_entry(entry(ALICE, BOB, 10))
    await books.accounts.close_period(ClosePeriod(book="main", until=LONG_AGO))  # opens nothing again
    with pytest.raises(PeriodIsClosed):
        await books.entries.post_entry(entry(ALICE, BOB, 10, effective_at=until - timedelta(days=1)))
    await books.agree()


async def test_a_period_is_closed_when_it_has_passed_in_a_book_that_is_there(books: Books) -> None:
    with pytest.raises(PeriodNotOver):
        await books.accounts.close_period(ClosePeriod(book="main", until=SYSTEM.now() + timedelta(hours=1)))
    with pytest.raises(BookUnknown):
        await books.accounts.close_period(ClosePeriod(book="nowhere", until=LONG_AGO))
    unknown = Account(address="investor:carol:cash", asset="EUR", book="nowhere")
    with pytest.raises(BookUnknown):
        await books.accounts.open_accounts(OpenAccounts(accounts=(unknown,)))


async def test_a_close_and_back_dated_entries_at_once_agree_on_what_came_first(
    books: Books, twin: Books
) -> None:
    await books.give(ALICE, 1000)
    effective = SYSTEM.now() - timedelta(minutes=1)
    close = ClosePeriod(book="main", until=effective + timedelta(seconds=1))
    answers = await asyncio.gather(
        *(books.entries.post_entry(entry(ALICE, BOB, 1, effective_at=effective)) for _ in range(30)),
        twin.accounts.close_period(close),
        *(twin.entries.post_entry(entry(ALICE, BOB, 1, effective_at=effective)) for _ in range(30)),
        return_exceptions=True,
    )
    passed = sum(isinstance(one, EntryAccepted) for one in answers)
    assert (await books.balance(BOB)).posted == passed
    with pytest.raises(PeriodIsClosed):
        await books.entries.post_entry(entry(ALICE, BOB, 1, effective_at=effective))


async def test_the_balance_at_a_time_of_what_is_not_there_is_refused_not_nought(books: Books) -> None:
    await books.give(ALICE, 5)
    with pytest.raises(AccountUnknown):
        await books.accounts.read_balance_at(
            ReadBalanceAt(address="investor:nobody:cash", asset="EUR", at=SYSTEM.now())
        )
    with pytest.raises(AccountUnknown):
        await books.accounts.read_balance_at(ReadBalanceAt(address=ALICE, asset="BTC", at=SYSTEM.now()))
    before = await books.accounts.read_balance_at(ReadBalanceAt(address=ALICE, asset="EUR", at=LONG_AGO))
    assert (before.recorded, before.effective) == (0, 0)


async def test_a_frozen_source_is_told_apart_from_an_empty_one(books: Books) -> None:
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(entry(ALICE, BOB, 1))
    await books.amend(ALICE, state="freeze_out")
    with pytest.raises(AccountBarred):
        await books.entries.post_entry(entry(ALICE, BOB, 1))
