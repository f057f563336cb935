"""The price list: rows that two people add and nobody changes, read by each quote."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from capitalino.kit.approvals import AlreadyDecided, ApprovalExpired, OwnRequest
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.kit.idempotency import KeyReused
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.payments import Quote, Terms, Wanted
from capitalino.services.payments.errors.payments import PairUnsupported
from capitalino.services.payments.errors.staff import TermsInvalid, TermsNotPast
from capitalino.services.payments.tables import schema
from tests.integration.payments.acts import Later, rows
from tests.integration.payments.makers import Wired, payments
from tests.integration.payments.staff import MARA, OMID, asked, audited, grant, list_terms, somebody
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

BTC_EUR, ALL = ("BTC", "EUR"), ("*", "*")
DEAR = Terms(Decimal("0.01"), Decimal("0.005"))
FREE = Terms(Decimal(0), Decimal(0))


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def quoted(wired: Wired, pair: tuple[str, str] = BTC_EUR, amount: str = "0.5") -> Quote:
    return await wired.quotes.offer(new_id(), pair, amount, Wanted.EXACT_IN)


async def test_the_first_row_is_what_the_settings_said(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        ((_, first),) = await wired.desk.prices.page(Page(limit=10))
        assert (first.base, first.quote, first.is_current) == ("*", "*", True)
        assert first.terms == Terms(Decimal("0.002"), Decimal("0.001"))
        assert (await quoted(wired)).priced.given.units == 1_994_004


async def test_a_row_counts_from_when_a_second_person_has_granted_it(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        wanted = await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, None)
        before = await quoted(wired)
        done = await grant(wired, wanted.approval.approval_id)
        after, other = await quoted(wired), await quoted(wired, ("ETH", "EUR"))
        assert (wanted.state, done.state) == ("asked", "granted")
        assert before.priced.given.units == 1_994_004
        assert (str(after.priced.gross), str(after.priced.fee)) == ("19800.00 EUR", "99.00 EUR")
        assert other.priced.given.units == 1_994_004  # of the default
    assert await audited(db, "terms:BTC/EUR") == [(str(OMID.user_id), "payments.terms_added")]
    assert await audited(db, f"approval:{wanted.approval.approval_id}") == [
        (str(MARA.user_id), "payments.terms_asked"),
        (str(OMID.user_id), "payments.terms_granted"),
    ]


async def test_a_pairs_own_row_goes_before_a_newer_default(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        await list_terms(wired, BTC_EUR, DEAR, key="own")
        await list_terms(wired, ALL, FREE, key="default")
        assert (await quoted(wired)).priced.given.units == 1_970_100
        assert (await quoted(wired, ("ETH", "EUR"))).priced.given.units == 2_000_000
        found = [(one.base, one.is_current) for _, one in await wired.desk.prices.page(Page(limit=10))]
        assert found == [("*", True), ("BTC", True), ("*", False)]


async def test_a_row_that_is_to_count_later_does_not_count_yet(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        soon = SYSTEM.now() + timedelta(seconds=2.5)
        wanted = await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, soon)
        await grant(wired, wanted.approval.approval_id)
        assert (await quoted(wired)).priced.given.units == 1_994_004
        async with asyncio.timeout(10):
            while (await quoted(wired)).priced.given.units != 1_970_100:
                await asyncio.sleep(0.2)
        assert SYSTEM.now() >= soon - timedelta(seconds=0.1)


async def test_a_row_granted_late_counts_from_then_on_and_not_before(db: Database, sandbox: Sandbox) -> None:
    clock = Later()
    clock.ahead_s = -3600
    async with payments(db, sandbox.venue_url, clock=clock) as wired:
        an_hour_ago = SYSTEM.now() - timedelta(minutes=59)
        wanted = await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, an_hour_ago)
        clock.ahead_s = 0
        began = SYSTEM.now() - timedelta(seconds=1)
        await grant(wired, wanted.approval.approval_id)
    ((valid_from,),) = await rows(db, "select valid_from from payments.terms where base = 'BTC'")
    assert valid_from >= began


@pytest.mark.parametrize(
    ("pair", "terms", "refusal"),
    [
        (("EUR", "BTC"), FREE, PairUnsupported),
        (("BTC", "ETH"), FREE, PairUnsupported),
        (("BTC", "*"), FREE, PairUnsupported),
        (("DOGE", "EUR"), FREE, PairUnsupported),
        (BTC_EUR, Terms(Decimal(1), Decimal(0)), TermsInvalid),
        (BTC_EUR, Terms(Decimal(0), Decimal("-0.1")), TermsInvalid),
        (BTC_EUR, Terms(Decimal("0.000000001"), Decimal(0)), TermsInvalid),
    ],
)
async def test_what_makes_no_sense_is_not_even_asked_for(
    db: Database, sandbox: Sandbox, pair: tuple[str, str], terms: Terms, refusal: type[AppError]
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        with pytest.raises(refusal):
            await wired.desk.prices.ask(asked(operation="terms"), pair, terms, None)
        past = SYSTEM.now() - timedelta(minutes=1)
        with pytest.raises(TermsNotPast):
            await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, FREE, past)
    assert await rows(db, "select * from payments.approval") == []


async def test_nobody_grants_what_they_have_asked_for(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        wanted = await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, None)
        with pytest.raises(OwnRequest):
            await grant(wired, wanted.approval.approval_id, MARA)
        assert len(await rows(db, "select * from payments.terms")) == 1
        await grant(wired, wanted.approval.approval_id, somebody("admin"))
    assert len(await rows(db, "select * from payments.terms")) == 2


async def test_two_who_decide_at_once_add_one_row(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        wanted = await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, None)
        approval_id = wanted.approval.approval_id
        answers = await asyncio.gather(
            *(grant(wired, approval_id, somebody(), is_granted=n % 2 == 0) for n in range(6)),
            return_exceptions=True,
        )
        assert sum(isinstance(one, AlreadyDecided) for one in answers) == 5
        state = (await wired.desk.approvals.find(approval_id)).state
    added = await rows(db, "select * from payments.terms where base = 'BTC'")
    assert len(added) == (state == "granted")


async def test_the_same_decision_again_adds_nothing(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        asks = [await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, None) for _ in range(2)]
        assert [one.is_repeat for one in asks] == [False, True]
        assert len({one.approval.approval_id for one in asks}) == 1
        with pytest.raises(KeyReused):
            await wired.desk.prices.ask(asked(operation="terms", body="y"), BTC_EUR, FREE, None)
        answers = [await grant(wired, asks[0].approval.approval_id) for _ in range(2)]
        assert [one.is_repeat for one in answers] == [False, True]
    assert len(await rows(db, "select * from payments.terms where base = 'BTC'")) == 1


async def test_what_nobody_decides_in_a_week_is_asked_for_again(db: Database, sandbox: Sandbox) -> None:
    clock = Later()
    async with payments(db, sandbox.venue_url, clock=clock) as wired:
        wanted = await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, None)
        clock.ahead_s = 7 * 86_400 + 1
        with pytest.raises(ApprovalExpired):
            await grant(wired, wanted.approval.approval_id)
        assert (await wired.desk.approvals.find(wanted.approval.approval_id)).state == "expired"
    assert len(await rows(db, "select * from payments.terms")) == 1


ROW = """
insert into payments.terms
       (terms_id, base, quote, spread, fee, valid_from, approval_id, asked_by, approved_by)
values (:id, 'BTC', 'EUR', :spread, 0.005, now(), :approval, :asker, :granter)"""


@pytest.mark.parametrize("way", ["no approval", "not granted", "other figures", "changed", "deleted"])
async def test_not_even_the_serving_role_goes_round_four_eyes(
    db: Database, sandbox: Sandbox, way: str
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        wanted = await wired.desk.prices.ask(asked(operation="terms"), BTC_EUR, DEAR, None)
        approval_id = wanted.approval.approval_id
        if way not in ("no approval", "not granted"):
            await grant(wired, approval_id)
        values: dict[str, Any] = {
            "id": new_id(),
            "spread": Decimal("0.01"),
            "approval": approval_id,
            "asker": MARA.user_id,
            "granter": OMID.user_id,
        }
        if way == "no approval":
            values |= {"approval": None, "asker": None, "granter": None}
        if way == "other figures":
            values |= {"spread": Decimal("0.02")}
        statement = {
            "changed": "update payments.terms set fee = 0 where base = '*'",
            "deleted": "delete from payments.terms where base = '*'",
        }.get(way, ROW)
        with pytest.raises(DBAPIError):
            async with db.begin() as tx:
                await tx.conn.execute(text(statement), values if statement == ROW else {})


async def test_a_quote_keeps_how_it_came_about(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        await list_terms(wired, BTC_EUR, DEAR)
        made = await quoted(wired)
        kept = await wired.desk.queue.quote(made.quote_id)
    assert kept.quote == made
    assert kept.evaluation is not None
    told = dict(kept.evaluation)
    assert told["sources"] == [{"source": "binance", "age_ms": 5}]
    assert (told["price"]["bid"], told["price"]["ask"], told["price"]["mid"]) == ("39999", "40001", "40000")
    assert (told["terms"]["base"], told["terms"]["spread"], told["terms"]["fee"]) == (
        "BTC",
        "0.01000000",
        "0.00500000",
    )
    ((terms_id,),) = await rows(db, "select terms_id from payments.terms where base = 'BTC'")
    assert told["terms"]["terms_id"] == str(terms_id)
    assert (told["wanted"], told["amount"]) == ("exact_in", {"amount": "0.50000000", "asset": "BTC"})
    assert [(one["figure"], one["units"]) for one in told["roundings"]] == [
        ("gross", "1980000"),
        ("fee", "9900"),
    ]
