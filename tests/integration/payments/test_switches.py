"""Switches: what is closed begins nowhere, what is under way is finished, and two people open again."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from capitalino.kit.approvals import OwnRequest
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.idempotency import Key
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.payments import Conversion, State, Wanted
from capitalino.services.payments.domain.switches import Flow, Scope
from capitalino.services.payments.errors.staff import (
    AlreadyOpen,
    ClosureNotFound,
    FlowClosed,
    ScopeInvalid,
)
from capitalino.services.payments.service.conversions import Order
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.history import PastDeposit
from capitalino.services.payments.tables import schema
from capitalino.venues.port import Deposit, DepositState
from tests.integration.payments.acts import HALF, ONE_BTC, Around, convert, key, rows
from tests.integration.payments.makers import payments
from tests.integration.payments.staff import (
    MARA,
    OMID,
    WHY,
    asked,
    audited,
    close,
    grant,
    open_again,
    somebody,
)
from tests.support.database import Opener
from tests.support.sandbox import Sandbox


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


@pytest.mark.parametrize(
    "scope", [{"flow": "conversion"}, {"asset": "BTC"}, {"asset": "EUR"}, {"venue": "binance"}], ids=str
)
async def test_what_is_closed_is_refused_before_anything_is_held_or_sent(
    db: Database, sandbox: Sandbox, scope: dict[str, str]
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        offer = await wired.quotes.offer(investor, ("BTC", "EUR"), "0.5", Wanted.EXACT_IN)
        closure = await close(wired, **scope)
        for order in (HALF, Order(quote_id=offer.quote_id)):
            with pytest.raises(FlowClosed) as refused:
                await convert(wired, investor, order, repr(order))
            assert refused.value.code == "payments.flow_closed"
        with pytest.raises(FlowClosed):
            await wired.quotes.offer(investor, ("BTC", "EUR"), "0.5", Wanted.EXACT_IN)
        assert not wired.book.entries
        assert await rows(db, "select * from payments.conversion") == []
        assert len(await rows(db, "select * from payments.quote")) == 1
        await open_again(wired, closure)
        # Refused, it has neither spent its key nor its quote.
        order = Order(quote_id=offer.quote_id)
        assert (await convert(wired, investor, order, repr(order))).state is State.SETTLED


async def test_what_is_not_named_stays_open(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await close(wired, key="a", flow="crypto_deposit")
        await close(wired, key="b", flow="conversion", asset="ETH")
        assert (await convert(wired, investor)).state is State.SETTLED
        with pytest.raises(FlowClosed):
            await wired.quotes.offer(investor, ("ETH", "EUR"), "1", Wanted.EXACT_IN)
        with pytest.raises(FlowClosed):
            await wired.deposits.address(investor, "BTC")


async def test_no_address_is_given_or_shown_while_its_asset_is_closed(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        known, other = new_id(), new_id()
        before = await wired.deposits.address(known, "BTC")
        closure = await close(wired, flow="crypto_deposit", asset="BTC")
        for investor in (known, other):
            with pytest.raises(FlowClosed):
                await wired.deposits.address(investor, "BTC")
        await wired.deposits.address(other, "ETH")
        assert len(await rows(db, "select * from payments.deposit_address where asset = 'BTC'")) == 1
        await open_again(wired, closure)
        assert await wired.deposits.address(known, "BTC") == before


async def test_what_is_under_way_is_finished_and_a_repeat_is_answered(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        await close(wired, flow="conversion")
        await wired.conversions._driver.drive(conversion_id)
        again, is_repeat = await wired.conversions.convert(investor, key(investor), HALF)
        assert (again.conversion_id, again.state, is_repeat) == (conversion_id, State.SETTLED, True)


async def test_deposits_that_arrive_while_closed_wait_and_are_booked_afterwards(
    db: Database, sandbox: Sandbox
) -> None:
    listed: list[Deposit] = []

    async def deposits(since: Any) -> tuple[Deposit, ...]:
        return tuple(listed)

    def put(asset: str, network: str, tag: str) -> None:
        at = SYSTEM.now() - timedelta(seconds=1)
        state = DepositState.CREDITED
        listed.append(Deposit(asset, asset, network, Decimal("0.1"), "to", tag, "chain", state, at))

    async with payments(db, sandbox.venue_url, venue=Around.of(sandbox, deposits=deposits)) as wired:
        investor = new_id()
        btc, eth = [await wired.deposits.address(investor, asset) for asset in ("BTC", "ETH")]
        closure = await close(wired, flow="crypto_deposit", asset="BTC")
        put("BTC", btc.network, btc.tag)
        put("ETH", eth.network, eth.tag)
        for _ in range(3):
            await wired.deposits.watch()
        assert wired.book.of(investor, "ETH") == 10**17  # nobody else is held up
        assert wired.book.of(investor, "BTC") == 0
        assert await rows(db, "select state, reason from payments.deposit where asset = 'BTC'") == [
            ("pending", None)
        ]
        await open_again(wired, closure)
        assert await wired.deposits.settle_pending() == 1
        assert wired.book.of(investor, "BTC") == 10_000_000


async def test_history_is_not_what_a_switch_is_about(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        await close(wired, asset="EUR")
        await close(wired, key="c", flow="crypto_deposit")
        past = PastDeposit(new_id(), "EUR", "10", "old-1", SYSTEM.now() - timedelta(days=9), "crypto")
        done = await wired.history.deposit(None, Key(new_id(), "past", "d1", "x"), past)
        assert done.state is State.SETTLED


async def test_once_closing_is_answered_nothing_begins_any_more(db: Database, sandbox: Sandbox) -> None:
    """Whoever began before has committed by then; whoever comes after is refused: nobody is in between."""
    async with payments(db, sandbox.venue_url) as wired:
        investors = [wired.investor(BTC=ONE_BTC) for _ in range(12)]
        offers = [await wired.quotes.offer(one, ("BTC", "EUR"), "0.5", Wanted.EXACT_IN) for one in investors]
        closed_at: list[int] = []

        async def begin(n: int) -> Any:
            order = Order(quote_id=offers[n].quote_id)
            return await wired.conversions._begin(investors[n], key(investors[n], name=f"k{n}"), order)

        async def shut() -> None:
            await close(wired, flow="conversion")
            closed_at.append(len(await rows(db, "select * from payments.conversion")))

        begun = asyncio.gather(*(begin(n) for n in range(12)), return_exceptions=True)
        await shut()
        answers = await begun
        refused = [one for one in answers if isinstance(one, FlowClosed)]
        assert len(refused) + closed_at[0] == 12
        assert len(await rows(db, "select * from payments.conversion")) == closed_at[0]


async def test_who_has_looked_is_waited_for_by_who_closes(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        looked, go_on = asyncio.Event(), asyncio.Event()

        async def begins() -> None:
            async with db.begin() as tx:
                await Gate(("binance",), "binance").check(tx, Flow.CONVERSION, ("BTC", "EUR"))
                looked.set()
                await go_on.wait()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(begins())
            await looked.wait()
            closing = tasks.create_task(close(wired, flow="conversion"))
            await asyncio.sleep(0.3)
            assert not closing.done()
            go_on.set()
        assert closing.result().opened_at is None


async def test_closing_takes_one_person_a_reason_and_leaves_a_row_in_the_log(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        first = await close(wired, flow="conversion", asset="BTC")
        again = await close(wired, flow="conversion", asset="BTC")
        other, is_repeat = await wired.desk.switches.close(
            asked(OMID, "his", "closure", "same"), Scope("conversion", "BTC")
        )
        assert (first, other, is_repeat) == (again, first, False)
        assert (first.reason, first.closed_by) == (WHY, MARA.user_id)
    assert await audited(db, "switch:conversion:BTC:*") == [
        (str(MARA.user_id), "payments.flow_closed"),
        (str(OMID.user_id), "payments.flow_closed"),
    ]
    assert len(await rows(db, "select * from payments.closure")) == 1


async def test_many_who_close_the_same_at_once_close_it_once(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        found = await asyncio.gather(
            *(
                wired.desk.switches.close(asked(somebody(), f"k{n}", "closure"), Scope("conversion"))
                for n in range(5)
            )
        )
        assert len({one.closure_id for one, _ in found}) == 1
        standing = await wired.desk.switches.standing()
        assert [one.closure_id for one in standing] == [found[0][0].closure_id]


async def test_opening_takes_two_and_happens_once(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        closure = await close(wired, flow="conversion")
        asks = [
            await wired.desk.switches.ask_to_open(asked(who, "open", "opening"), closure.closure_id)
            for who in (MARA, OMID)
        ]
        with pytest.raises(OwnRequest):
            await grant(wired, asks[0].approval.approval_id, MARA)
        assert await wired.desk.switches.standing() == [closure]
        await grant(wired, asks[0].approval.approval_id, OMID)
        assert await wired.desk.switches.standing() == []
        with pytest.raises(AlreadyOpen):  # the other request is of no use any more, and stays undecided
            await grant(wired, asks[1].approval.approval_id, MARA)
        assert (await wired.desk.approvals.find(asks[1].approval.approval_id)).state == "asked"
        ((_, opened),) = await wired.desk.switches.page(Page(limit=5))
        assert (opened.asked_by, opened.approved_by) == (MARA.user_id, OMID.user_id)
        late = asked(somebody(), "late", "opening")
        with pytest.raises(AlreadyOpen):
            await wired.desk.switches.ask_to_open(late, closure.closure_id)
        later = await close(wired, key="later", flow="conversion")
        assert later.closure_id != closure.closure_id
    assert (str(OMID.user_id), "payments.flow_opened") in await audited(db, "switch:conversion:*:*")


async def test_a_refused_opening_leaves_it_closed(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        closure = await close(wired, venue="binance")
        wanted = await wired.desk.switches.ask_to_open(asked(operation="opening"), closure.closure_id)
        done = await grant(wired, wanted.approval.approval_id, is_granted=False)
        assert done.state == "refused"
        assert await wired.desk.switches.standing() == [closure]


@pytest.mark.parametrize(
    "scope",
    [Scope(), Scope(flow="withdrawal"), Scope(asset="DOGE"), Scope(venue="nowhere"), Scope("x", "BTC")],
    ids=str,
)
async def test_a_switch_names_what_we_have(db: Database, sandbox: Sandbox, scope: Scope) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        with pytest.raises(ScopeInvalid):
            await wired.desk.switches.close(asked(operation="closure"), scope)
        with pytest.raises(ClosureNotFound):
            await wired.desk.switches.ask_to_open(asked(operation="opening"), new_id())


OPENED = """
update payments.closure
   set opened_at = now(), opening_id = :approval, asked_by = :asker, approved_by = :granter"""


@pytest.mark.parametrize("way", ["by hand", "not granted", "deleted", "another scope"])
async def test_not_even_the_serving_role_opens_alone(db: Database, sandbox: Sandbox, way: str) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        closure = await close(wired, flow="conversion")
        wanted = await wired.desk.switches.ask_to_open(asked(operation="opening"), closure.closure_id)
        values: dict[str, Any] = {
            "approval": new_id() if way == "by hand" else wanted.approval.approval_id,
            "asker": MARA.user_id,
            "granter": OMID.user_id,
        }
        others = {
            "deleted": "delete from payments.closure",
            "another scope": "update payments.closure set flow = 'crypto_deposit'",
        }
        with pytest.raises(DBAPIError):
            async with db.begin() as tx:
                await tx.conn.execute(text(others.get(way, OPENED)), {} if way in others else values)
        assert await wired.desk.switches.standing() == [closure]


async def test_an_order_at_the_price_of_now_is_refused_without_asking_for_one(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        await close(wired, flow="conversion")
        found = await asyncio.gather(
            *(convert(wired, wired.investor(BTC=ONE_BTC), name=f"k{n}") for n in range(4)),
            return_exceptions=True,
        )
        assert not any(isinstance(one, Conversion) for one in found)
        assert await rows(db, "select * from payments.quote") == []
