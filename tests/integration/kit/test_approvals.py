"""What one person asks for, another decides: once, in time, and about exactly what was asked."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from capitalino.kit import approvals
from capitalino.kit.approvals import (
    AlreadyDecided,
    Approval,
    ApprovalExpired,
    ApprovalMissing,
    Decision,
    OwnRequest,
)
from capitalino.kit.db import Database, Schema
from tests.support.clock import NOON, SettableClock
from tests.support.database import Opener

ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
ASKED = Approval(
    UUID(int=7), "payments.large_withdrawal", {"units": "100"}, ANN, NOON, NOON + timedelta(hours=1)
)


@pytest.fixture
async def db(database: Opener) -> Database:
    db = await database(Schema("kit_approvals"))
    async with db.begin() as tx:
        await approvals.ask(tx, ASKED)
    return db


async def decided(db: Database, decision: Decision, clock: SettableClock) -> Approval:
    async with db.begin() as tx:
        return await approvals.decide(tx, ASKED.approval_id, decision, clock.now())


async def test_another_person_grants_it(db: Database, clock: SettableClock) -> None:
    clock.advance(60)
    granted = await decided(db, Decision(BOB, is_granted=True), clock)
    assert granted == replace(ASKED, state="granted", decided_by=BOB, decided_at=clock.now())


async def test_another_person_refuses_it_with_a_reason(db: Database, clock: SettableClock) -> None:
    refused = await decided(db, Decision(BOB, is_granted=False, reason="too much"), clock)
    assert (refused.state, refused.reason) == ("refused", "too much")


async def test_nobody_decides_about_their_own_request(db: Database, clock: SettableClock) -> None:
    with pytest.raises(OwnRequest):
        await decided(db, Decision(ANN, is_granted=True), clock)


async def test_not_even_a_mistake_of_ours_gets_past_the_database(db: Database) -> None:
    statement = (
        "update kit_approvals.approval set state = 'granted', decided_by = asked_by, decided_at = asked_at"
    )
    with pytest.raises(IntegrityError, match="four_eyes"):
        async with db.begin() as tx:
            await tx.conn.execute(text(statement))


async def test_what_was_asked_and_decided_stands(db: Database, clock: SettableClock) -> None:
    async def refused(statement: str) -> None:
        with pytest.raises(DBAPIError, match="stands"):
            async with db.begin() as tx:
                await tx.conn.execute(text(statement))

    await refused("update kit_approvals.approval set payload = '{}'")
    await decided(db, Decision(BOB, is_granted=False), clock)
    await refused("update kit_approvals.approval set state = 'granted'")


async def test_a_late_decision_is_refused(db: Database, clock: SettableClock) -> None:
    clock.advance(3600)
    with pytest.raises(ApprovalExpired):
        await decided(db, Decision(BOB, is_granted=True), clock)


async def test_the_same_decision_again_is_answered_and_another_refused(
    db: Database, clock: SettableClock
) -> None:
    first = await decided(db, Decision(BOB, is_granted=True), clock)
    clock.advance(7200)
    assert await decided(db, Decision(BOB, is_granted=True), clock) == first
    for other in (Decision(BOB, is_granted=False), Decision(EVE, is_granted=True)):
        with pytest.raises(AlreadyDecided):
            await decided(db, other, clock)


async def test_one_of_two_who_decide_at_once_wins(db: Database, clock: SettableClock) -> None:
    results = await asyncio.gather(
        decided(db, Decision(BOB, is_granted=True), clock),
        decided(db, Decision(EVE, is_granted=False), clock),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "Approval"]


async def test_what_waits_is_listed_and_asked_once(db: Database, clock: SettableClock) -> None:
    async with db.begin() as tx:
        await approvals.ask(tx, replace(ASKED, payload={"units": "999"}))
        await approvals.ask(tx, replace(ASKED, approval_id=UUID(int=8), what="other"))
        assert await approvals.waiting(tx, ASKED.what, clock.now()) == [ASKED]
        assert await approvals.waiting(tx, ASKED.what, ASKED.expires_at) == []
        assert await approvals.find(tx, ASKED.approval_id) == ASKED
        with pytest.raises(ApprovalMissing):
            await approvals.find(tx, UUID(int=9))
