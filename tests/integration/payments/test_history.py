"""History: taken over once, on its day, by somebody else, in the open, and never out of nowhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from capitalino.kit import audit, http
from capitalino.kit.auth import Principal
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database, StorageUnavailable, Tx
from capitalino.kit.edge import Edge
from capitalino.kit.errors import AppError, Forbidden, Kind
from capitalino.kit.idempotency import Key
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.errors.payments import (
    AmountInvalid,
    AmountTooLarge,
    AmountTooSmall,
    NotPast,
    PairUnsupported,
    ReferenceTaken,
)
from capitalino.services.payments.routes import routes
from capitalino.services.payments.service.history import PastConversion, PastDeposit
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.services.payments.tables import schema
from tests.integration.payments.makers import Book, Wired, away, payments
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

LONG_AGO = SYSTEM.now() - timedelta(days=400)
ANA, OMID = new_id(), new_id()
BEFORE = "world:history"


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


def asked(name: str = "k1", *, own: UUID | None = None) -> tuple[UUID | None, Key]:
    """By an operator, with this key."""
    return own, Key(OMID, "past", name, "x")


def saved(reference: str = "old-1", at: datetime = LONG_AGO, asset: str = "EUR", **more: str) -> PastDeposit:
    return PastDeposit(ANA, asset, more.get("amount", "10000"), reference, at, "bank")


def bought(mid: str = "8000", at: datetime = LONG_AGO, *, amount: str = "5000") -> PastConversion:
    return PastConversion(ANA, ("EUR", "BTC"), amount, Decimal(mid), at)


async def rows(db: Database, query: str) -> list[Any]:
    async with db.read() as tx:
        return list((await tx.conn.execute(text(query))).all())


async def test_history_is_taken_over_on_its_day_and_once(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        deposits = [await wired.history.deposit(*asked("d"), saved()) for _ in range(3)]
        later = bought(at=LONG_AGO + timedelta(days=1))
        exchanges = [await wired.history.conversion(*asked("c"), later) for _ in range(2)]
        for made in (deposits, exchanges):
            assert [one.is_repeat for one in made] == [False, *[True] * (len(made) - 1)]
            assert {(one.payment_id, one.state) for one in made} == {(made[0].payment_id, State.SETTLED)}
        done = await wired.conversions.find(ANA, exchanges[0].payment_id)
        assert (done.state, done.attempt) == (State.SETTLED, None)
        assert wired.book.of(ANA, "EUR") == 500_000
        assert wired.book.of(ANA, "BTC") == done.quote.priced.given.units > 62_000_000
    told = await rows(db, "select payload->>'effective_at' from payments.outbox order by seq")
    assert [datetime.fromisoformat(row[0]) for row in told] == [LONG_AGO, LONG_AGO + timedelta(days=1)]


async def test_history_comes_from_another_system_and_from_no_venue(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        await wired.history.deposit(*asked("fiat"), saved())
        await wired.history.deposit(*asked("coins"), saved("old-2", asset="LTC"))
        await wired.history.conversion(*asked("c"), bought())
        outside = {address for address, _ in wired.book.balances if not address.startswith("investor:")}
        assert outside == {BEFORE, "fees:conversion:00", "spread:conversion:00"}
        assert wired.book.balances[BEFORE, "LTC"] == -10_000 * 10**8
        assert wired.book.balances[BEFORE, "EUR"] == -500_000
        assert {wired.book.total(asset) for asset in ("EUR", "BTC", "LTC")} == {0}


async def test_who_took_over_what_is_in_the_audit_log(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        deposit = await wired.history.deposit(*asked("d"), saved())
        await wired.history.deposit(*asked("d"), saved())
        exchange = await wired.history.conversion(*asked("c"), bought())
    async with db.read() as tx:
        found = [
            *await audit.about(tx, f"deposit:{deposit.payment_id}"),
            *await audit.about(tx, f"conversion:{exchange.payment_id}"),
        ]
        await audit.verify(tx)
    assert [(one.principal, one.action) for one in found] == [
        (str(OMID), "payments.deposit_taken_over"),
        (str(OMID), "payments.conversion_taken_over"),
    ]
    assert all(str(ANA) in one.details and LONG_AGO.isoformat() in one.details for one in found)


async def test_a_reference_is_taken_over_once_whatever_the_key(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        answers = await asyncio.gather(
            *(wired.history.deposit(*asked(f"k{n}"), saved()) for n in range(5)), return_exceptions=True
        )
        refused = [one for one in answers if isinstance(one, ReferenceTaken)]
        assert (len(refused), refused[0].code, refused[0].kind) == (
            4,
            "payments.reference_taken",
            Kind.CONFLICT,
        )
        assert wired.book.of(ANA, "EUR") == 1_000_000
    assert len(await rows(db, "select seq from payments.audit")) == 1


@pytest.mark.parametrize(
    "off", [timedelta(minutes=1), timedelta(days=400), timedelta(days=-366 * 80)], ids=str
)
async def test_only_what_is_past_is_taken_over(db: Database, sandbox: Sandbox, off: timedelta) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        at = SYSTEM.now() + off
        with pytest.raises(NotPast):
            await wired.history.deposit(*asked(), saved(at=at))
        with pytest.raises(NotPast):
            await wired.history.conversion(*asked(), bought(at=at))
        assert not wired.book.balances


async def test_nobody_takes_over_history_of_their_own(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        with pytest.raises(Forbidden):
            await wired.history.deposit(*asked(own=ANA), saved())
        with pytest.raises(Forbidden):
            await wired.history.conversion(*asked(own=ANA), bought())
        assert (await wired.history.deposit(*asked(own=new_id()), saved())).state is State.SETTLED


async def test_history_is_closed_where_it_was_not_opened(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url, takes_history=False) as wired:
        with pytest.raises(Forbidden, match="switched off"):
            await wired.history.deposit(*asked(), saved())
        with pytest.raises(Forbidden, match="switched off"):
            await wired.history.conversion(*asked(), bought())
    by_itself, opened, closed = (PaymentsSettings(history=value) for value in (None, True, False))
    assert [by_itself.takes_history(mode) for mode in ("development", "production")] == [True, False]
    assert opened.takes_history("production")
    assert not closed.takes_history("development")


async def test_history_goes_below_zero_no_more_than_today(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        found = await wired.history.conversion(*asked(), bought())
        assert (found.state, found.reason) == (State.REFUSED, "ledger.insufficient_funds")


@pytest.mark.parametrize(
    "past, refusal",
    [
        (PastConversion(ANA, ("EUR", "USD"), "1", Decimal(1), LONG_AGO), PairUnsupported),
        (bought(amount="0"), AmountInvalid),
        (bought(amount="0.001"), AmountInvalid),
        (bought(amount="0.01", mid="99999999999"), AmountTooSmall),
        (bought(amount="9" * 30, mid="0.000000001"), AmountTooLarge),
        (saved(amount="0"), AmountInvalid),
    ],
    ids=["pair", "nothing", "decimals", "brings nothing", "brings too much", "deposit of nothing"],
)
async def test_what_cannot_have_been_is_refused(
    db: Database, sandbox: Sandbox, past: PastDeposit | PastConversion, refusal: type[AppError]
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        with pytest.raises(refusal):
            await (
                wired.history.deposit(*asked(), past)
                if isinstance(past, PastDeposit)
                else wired.history.conversion(*asked(), past)
            )


async def test_a_deposit_that_the_books_refuse_is_for_people(db: Database, sandbox: Sandbox) -> None:
    class Closed(AppError):
        code, kind = "ledger.period_closed", Kind.REJECTED

    def fail(what: str, when: str) -> None:
        raise Closed("That year is closed.")

    async with payments(db, sandbox.venue_url, book=Book(fail=fail)) as wired:
        assert (await wired.history.deposit(*asked(), saved())).state is State.PENDING
        await wired.deposits.settle_pending()
        found = await wired.history.deposit(*asked(), saved())
        assert (found.state, found.reason) == (State.IN_REVIEW, "ledger.period_closed")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_with_the_ledger_away_it_is_pending_and_a_loop_finishes_it(
    db: Database, sandbox: Sandbox, when: str
) -> None:
    is_away = [True]

    def fail(what: str, moment: str) -> None:
        if moment == when and is_away[0]:
            raise away("ledger")

    async with payments(db, sandbox.venue_url, book=Book(fail=fail)) as wired:
        wired.book.give(ANA, "EUR", 500_000)
        deposit = await wired.history.deposit(*asked("d"), saved())
        exchange = await wired.history.conversion(*asked("c"), bought())
        assert (deposit.state, exchange.state) == (State.PENDING, State.PENDING)
        is_away[0] = False
        await wired.deposits.settle_pending()
        async with db.begin() as tx:
            await tx.conn.execute(text("update payments.conversion set due_at = now()"))
        await wired.conversions.resume()
        for again in (
            await wired.history.deposit(*asked("d"), saved()),
            await wired.history.conversion(*asked("c"), bought()),
        ):
            assert (again.state, again.is_repeat) == (State.SETTLED, True)
        assert wired.book.of(ANA, "EUR") == 1_000_000


class Fragile(Database):
    """A database that goes away when it is told to."""

    is_away = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        if self.is_away:
            raise StorageUnavailable("The database is not available.")
        async with super().begin() as tx:
            yield tx


async def test_with_the_database_away_after_the_intention_it_is_pending(
    db: Database, sandbox: Sandbox
) -> None:
    failures: list[str] = []
    fragile = Fragile(db.url, schema)

    def fail(what: str, when: str) -> None:
        if when == "after" and not failures:
            failures.append(what)
            fragile.is_away = True

    async with payments(fragile, sandbox.venue_url, book=Book(fail=fail)) as wired:
        deposit = await wired.history.deposit(*asked(), saved())
        assert (deposit.state, deposit.is_repeat) == (State.PENDING, False)
        with pytest.raises(StorageUnavailable):
            await wired.history.deposit(*asked(), saved())
        fragile.is_away = False
        await wired.deposits.settle_pending()
    await fragile.close()
    assert [row.state for row in await rows(db, "select state from payments.deposit")] == ["settled"]


@dataclass
class Signed:
    """Takes every request as an operator's."""

    who: Principal

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """Who it is."""
        return self.who


@asynccontextmanager
async def browser(wired: Wired, investor_id: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's, who also acts for an investor."""
    app = FastAPI()
    http.install(app)
    app.include_router(routes(wired.quotes, wired.conversions, wired.deposits, wired.history, wired.desk))
    who = Principal(uuid4(), uuid4(), investor_id, frozenset({"operator"}))
    transport = httpx.ASGITransport(Edge(app, Signed(who), show_stack=True))  # type: ignore[arg-type]
    at = "http://test/api/v1/admin/payments"
    async with httpx.AsyncClient(
        transport=transport, base_url=at, headers={"Idempotency-Key": "k"}
    ) as client:
        yield client


async def test_the_answer_has_the_state_reached_and_says_when_it_is_a_repeat(
    db: Database, sandbox: Sandbox
) -> None:
    mine = new_id()
    body = {"investor_id": str(ANA), "asset": "EUR", "amount": "5.00", "reference": "r"}
    body["at"] = LONG_AGO.isoformat()
    async with payments(db, sandbox.venue_url) as wired, browser(wired, mine) as web:
        first, again = [await web.post("/past-deposits", json=body) for _ in range(2)]
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json()["data"].items() >= {"state": "settled", "reason": None}.items()
        assert first.json()["data"] == again.json()["data"]
        assert [one.headers.get("Idempotent-Replayed") for one in (first, again)] == [None, "true"]
        other = await web.post("/past-deposits", json=body, headers={"Idempotency-Key": "k2"})
        assert (other.status_code, other.json()["error"]["code"]) == (409, "payments.reference_taken")
        own = await web.post("/past-deposits", json=body | {"investor_id": str(mine)})
        assert (own.status_code, own.json()["error"]["code"]) == (403, "forbidden")
        sold = {"investor_id": str(ANA), "from_asset": "BTC", "to_asset": "EUR", "amount": "1"}
        sold |= {"mid": "8000", "at": LONG_AGO.isoformat()}
        refused = [await web.post("/past-conversions", json=sold) for _ in range(2)]
        assert {one.status_code for one in refused} == {201}
        assert refused[1].json()["data"]["state"] == "refused"
        assert refused[1].json()["data"]["reason"] == "ledger.insufficient_funds"
        assert [one.headers.get("Idempotent-Replayed") for one in refused] == [None, "true"]
        for mid, status in (("0", 400), ("1" + "0" * 40, 400), ("0." + "0" * 40 + "1", 422)):
            wrong = await web.post("/past-conversions", json=sold | {"mid": mid})
            assert wrong.status_code == status, mid
