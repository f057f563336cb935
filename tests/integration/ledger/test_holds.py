"""Holds: set aside at once, resolved at most once."""

import asyncio
from datetime import timedelta

import pytest

from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id
from capitalino.services.ledger.errors.accounts import AccountBarred
from capitalino.services.ledger.errors.entries import HoldResolved, HoldUnknown, InsufficientFunds, NotPart
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
)


async def test_a_hold_counts_at_once_and_moves_nothing(books: Books) -> None:
    await books.give(ALICE, 100)
    await books.entries.hold_units(hold(ALICE, SHOP, 70))
    alice, shop = await books.balance(ALICE), await books.balance(SHOP)
    assert (alice.posted, alice.held_out, alice.available) == (100, 70, 30)
    assert (shop.posted, shop.held_in, shop.available) == (0, 70, 0)
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(entry(ALICE, BOB, 31))
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(entry(SHOP, BOB, 1))
    await books.agree()


async def test_of_six_holds_of_a_thousand_on_five_thousand_the_sixth_is_refused(
    books: Books, twin: Books
) -> None:
    await books.give(ALICE, 5000)
    answers = await asyncio.gather(
        *((books if n % 2 else twin).entries.hold_units(hold(ALICE, SHOP, 1000)) for n in range(6)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, InsufficientFunds) for one in answers) == 1
    assert (await books.balance(ALICE)).available == 0
    await books.agree()


async def test_a_captured_hold_has_moved(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    answer = await books.entries.capture_hold(capture(held.entry_id))
    assert {one.address: (one.posted, one.held_out, one.held_in) for one in answer.balances} == {
        ALICE: (30, 0, 0),
        SHOP: (70, 0, 0),
    }
    await books.agree()


async def test_what_is_not_captured_of_a_hold_is_given_back(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    await books.entries.capture_hold(capture(held.entry_id, units=50))
    alice = await books.balance(ALICE)
    assert (alice.posted, alice.available) == (50, 50)
    await books.agree()


async def test_a_capture_posts_further_movements_in_the_same_entry(books: Books) -> None:
    await books.open(WORLD, ALICE, SHOP, asset="BTC")
    await books.give(SHOP, 10, "BTC")
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 100))
    further = (posting(SHOP, ALICE, 10, "BTC"), posting(SHOP, BOB, 2))
    answer = await books.entries.capture_hold(capture(held.entry_id, further=further))
    assert {(one.address, one.asset): one.posted for one in answer.balances} == {
        (ALICE, "EUR"): 0,
        (SHOP, "EUR"): 98,
        (BOB, "EUR"): 2,
        (SHOP, "BTC"): 0,
        (ALICE, "BTC"): 10,
    }
    await books.agree()


async def test_a_capture_whose_further_movement_is_refused_leaves_the_hold(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    with pytest.raises(InsufficientFunds):
        await books.entries.capture_hold(capture(held.entry_id, further=(posting(BOB, SHOP, 1),)))
    assert (await books.balance(ALICE)).held_out == 70
    await books.entries.release_hold(release(held.entry_id))
    assert (await books.balance(ALICE)).available == 100
    await books.agree()


async def test_of_five_ends_of_one_hold_at_once_one_has_effect(books: Books, twin: Books) -> None:
    await books.give(ALICE, 10_000)
    for _ in range(10):
        held = (await books.entries.hold_units(hold(ALICE, SHOP, 100))).entry_id
        answers = await asyncio.gather(
            books.entries.capture_hold(capture(held)),
            twin.entries.capture_hold(capture(held)),
            books.entries.capture_hold(capture(held, units=40)),
            books.entries.release_hold(release(held)),
            twin.entries.release_hold(release(held)),
            return_exceptions=True,
        )
        assert sum(isinstance(one, HoldResolved) for one in answers) == 4, answers
    assert (await books.balance(ALICE)).held_out == 0
    await books.agree()


async def test_the_same_capture_again_answers_as_the_first_time(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    command = capture(held.entry_id)
    first, again = [await books.entries.capture_hold(command) for _ in range(2)]
    assert (first.repeated, again.repeated) == (False, True)
    assert set(first.balances) == set(again.balances)


async def test_what_is_no_hold_cannot_be_resolved(books: Books) -> None:
    posted = await books.give(ALICE, 100)
    for wrong in (new_id(), posted.entry_id):
        with pytest.raises(HoldUnknown):
            await books.entries.capture_hold(capture(wrong))
        with pytest.raises(HoldUnknown):
            await books.entries.release_hold(release(wrong))
    await books.agree()


async def test_more_than_is_held_cannot_be_captured(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    with pytest.raises(NotPart):
        await books.entries.capture_hold(capture(held.entry_id, units=71))
    await books.entries.capture_hold(capture(held.entry_id, units=70))
    await books.agree()


async def test_holds_past_their_time_expire_by_themselves_once(books: Books, twin: Books) -> None:
    await books.give(ALICE, 100)
    past, later = SYSTEM.now() - timedelta(seconds=1), SYSTEM.now() + timedelta(hours=1)
    due = await books.entries.hold_units(hold(ALICE, SHOP, 10, expires_at=past))
    await books.entries.hold_units(hold(ALICE, SHOP, 20, expires_at=later))
    await books.entries.hold_units(hold(ALICE, SHOP, 30))
    await asyncio.gather(books.entries.expire_holds(), twin.entries.expire_holds())
    assert (await books.balance(ALICE)).held_out == 50
    assert await books.entries.expire_holds() == 0
    with pytest.raises(HoldResolved):
        await books.entries.capture_hold(capture(due.entry_id))
    await books.agree()


async def test_frozen_accounts_take_part_in_nothing_but_giving_back(books: Books) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 10))
    for state, into, out in (
        ("freeze_in", False, True),
        ("freeze_out", True, False),
        ("freeze", False, False),
    ):
        await books.amend(ALICE, state="unfreeze")
        await books.amend(ALICE, state=state)
        for command, passes in ((entry(WORLD, ALICE, 5), into), (entry(ALICE, WORLD, 5), out)):
            if passes:
                await books.entries.post_entry(command)
            else:
                with pytest.raises(AccountBarred):
                    await books.entries.post_entry(command)
    await books.entries.release_hold(release(held.entry_id))
    assert (await books.balance(ALICE)).held_out == 0
    await books.agree()
