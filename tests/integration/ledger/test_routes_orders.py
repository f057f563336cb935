"""Money that staff move by hand, over HTTP: in review until somebody else says yes, once for each key."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from capitalino.contracts.ledger.api import FindEntry
from capitalino.kit import audit
from capitalino.kit.ids import new_id
from tests.integration.ledger.callers import ADMIN, Caller
from tests.integration.ledger.maker import ALICE, BOB, SHOP, WORLD, Books, entry, hold

WHY = {"code": "adjustment.correction", "reason": "Ticket 4711"}
YES = {"is_granted": True, "reason": "looked at it"}


def moving(source: str, destination: str, amount: str, **also: Any) -> dict[str, Any]:
    """A body of one posting."""
    posting = {"source": source, "destination": destination, "amount": amount, "asset": "EUR"}
    return WHY | {"postings": [posting]} | also


async def actions(books: Books, subject: str) -> list[str]:
    """What the audit log says was done to it, oldest first."""
    async with books.db.begin() as tx:
        found = await audit.about(tx, subject)
        await audit.verify(tx)
    return [one.action for one in reversed(found)]


async def test_an_entry_moves_nothing_until_somebody_else_has_granted_it(books: Books, desk: Caller) -> None:
    asked = await desk.post("/entries", moving(WORLD, ALICE, "12.50", metadata={"ticket": "4711"}))
    assert (asked["state"], asked["outcomes"], asked["reason"]) == ("in_review", [], None)
    assert (await books.balance(ALICE)).posted == 0
    path = f"{ADMIN}/approvals/{asked['approval_id']}/decisions"
    await desk.refused("POST", path, "operator", 403, "approval.own_request", json=YES)
    granted = await desk.granted(asked)
    assert granted["state"] == "settled"
    assert [(one["entry_id"], one["state"]) for one in granted["outcomes"]] == [
        (asked["asked_id"], "accepted")
    ]
    assert (await books.balance(ALICE)).posted == 1250
    await books.agree()
    told = await desk.get(f"{ADMIN}/approvals/{asked['approval_id']}")
    assert told["asked"]["postings"][0]["amount"] == "12.50"
    assert (told["asked_by"], told["decided_by"], told["decision_reason"]) == (
        str(desk.people.named("operator").user_id),
        str(desk.people.named("treasurer").user_id),
        "looked at it",
    )
    assert await actions(books, f"approval:{asked['approval_id']}") == [
        "ledger.entry_asked",
        "ledger.entry_granted",
    ]


async def test_a_key_stands_for_one_entry_whoever_repeats_it_when(books: Books, desk: Caller) -> None:
    key, body = str(new_id()), moving(WORLD, ALICE, "1.00")
    answers = await asyncio.gather(
        *(desk.send("POST", f"{ADMIN}/entries", "operator", json=body, key=key) for _ in range(8))
    )
    assert {one.status_code for one in answers} == {201}
    assert sum("idempotent-replayed" not in one.headers for one in answers) == 1
    (asked_id,) = {one.json()["data"]["asked_id"] for one in answers}
    await desk.granted({"approval_id": asked_id})
    again = await desk.send("POST", f"{ADMIN}/entries", "operator", json=body, key=key)
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.json()["data"]["state"], again.json()["data"]["asked_id"]) == ("settled", asked_id)
    assert (await books.balance(ALICE)).posted == 100
    other = moving(WORLD, ALICE, "2.00")
    await desk.refused(
        "POST", f"{ADMIN}/entries", "operator", 422, "idempotency_key_reused", json=other, key=key
    )
    theirs = await desk.post("/entries", body, "operator2", key=key)
    assert theirs["asked_id"] != asked_id
    assert len(await desk.get(f"{ADMIN}/approvals")) == 2


async def test_what_was_refused_by_somebody_is_over(books: Books, desk: Caller) -> None:
    key, body = str(new_id()), moving(WORLD, ALICE, "1.00")
    asked = await desk.post("/entries", body, key=key)
    path = f"{ADMIN}/approvals/{asked['approval_id']}/decisions"
    no = {"is_granted": False, "reason": "no such ticket"}
    decided = await desk.post(f"/approvals/{asked['approval_id']}/decisions", no, "treasurer", key="")
    assert (decided["state"], decided["reason"]) == ("refused", "approval.refused")
    again = await desk.send("POST", path, "treasurer", json=no)
    assert again.headers["idempotent-replayed"] == "true"
    await desk.refused("POST", path, "treasurer", 409, "approval.already_decided", json=YES)
    await desk.refused("POST", path, "admin", 409, "approval.already_decided", json=no)
    assert (await desk.post("/entries", body, key=key))["state"] == "refused"
    assert (await books.balance(ALICE)).posted == 0


async def test_what_the_book_refuses_now_is_not_asked_for(books: Books, desk: Caller) -> None:
    path = f"{ADMIN}/entries"
    poor = moving(ALICE, BOB, "1.00")
    error = await desk.refused("POST", path, "operator", 422, "ledger.insufficient_funds", json=poor)
    assert error["details"] == {"number": 1}
    nowhere = moving(WORLD, "investor:nobody:cash", "1.00")
    await desk.refused("POST", path, "operator", 404, "ledger.account_unknown", json=nowhere)
    to_itself = moving(ALICE, ALICE, "1.00")
    await desk.refused("POST", path, "operator", 400, "ledger.entry_unsound", json=to_itself)
    for amount in ("0.00", "1.001"):
        body = moving(WORLD, ALICE, amount)
        await desk.refused("POST", path, "operator", 400, "ledger.entry_unsound", json=body)
    unkept = moving(WORLD, ALICE, "1.00")
    unkept["postings"][0]["asset"] = "XXX"
    await desk.refused("POST", path, "operator", 404, "ledger.asset_unknown", json=unkept)
    assert await desk.get(f"{ADMIN}/approvals") == []


async def test_what_the_book_refuses_by_then_is_told(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    asked = await desk.post("/entries", moving(ALICE, BOB, "1.00"))
    await books.entries.post_entry(entry(ALICE, WORLD, 50))
    granted = await desk.granted(asked)
    assert (granted["state"], granted["reason"]) == ("refused", "ledger.insufficient_funds")
    await books.give(ALICE, 100)
    assert (await desk.granted(asked))["state"] == "refused"  # the id is spent
    await books.agree()


async def test_what_a_dead_process_left_is_taken_up(books: Books, desk: Caller) -> None:
    asked = await desk.post("/entries", moving(WORLD, ALICE, "1.00"))
    await desk.post("/entries", moving(WORLD, ALICE, "5.00"))
    async with books.db.begin() as tx:
        call = "select ledger.decide_approval($1, 'granted', $2, 'yes')"
        await tx.conn.exec_driver_sql(call, (UUID(asked["approval_id"]), new_id()))
    path = f"{ADMIN}/approvals/{asked['approval_id']}"
    assert (await desk.get(path))["state"] == "pending"
    approvals = desk.desk.approvals
    assert await approvals.carry_out() == 0  # whoever has granted it may still be at it
    await age_decisions(books)
    assert await approvals.carry_out() == 1
    assert await approvals.carry_out() == 0
    assert ((await desk.get(path))["state"], (await books.balance(ALICE)).posted) == ("settled", 100)


async def age_decisions(books: Books) -> None:
    """As if they had been made a minute ago."""
    owner = await asyncpg.connect(books.owner_url)
    await owner.execute("alter table ledger.approval disable trigger approval_stands")
    await owner.execute("update ledger.approval set decided_at = decided_at - interval '1 minute'")
    await owner.execute(
        "update ledger.approval set expires_at = expires_at - interval '8 days' where state = 'asked'"
    )
    await owner.execute("alter table ledger.approval enable trigger approval_stands")
    await owner.close()


async def test_what_was_not_decided_in_time_has_to_be_asked_for_again(books: Books, desk: Caller) -> None:
    asked = await desk.post("/entries", moving(WORLD, ALICE, "1.00"))
    await age_decisions(books)
    path = f"{ADMIN}/approvals/{asked['approval_id']}"
    await desk.refused("POST", f"{path}/decisions", "treasurer", 422, "approval.expired", json=YES)
    told = await desk.get(path)
    assert (told["state"], told["reason"]) == ("refused", "approval.expired")


async def test_a_preview_tells_and_spends_nothing(books: Books, desk: Caller) -> None:
    key, body = str(new_id()), moving(WORLD, ALICE, "1.00")
    for _ in range(2):
        told = await desk.post("/entries?dry_run=true", body, key=key, status=200)
        assert (told["state"], told["is_dry_run"], told["approval_id"]) == ("settled", True, None)
        (outcome,) = told["outcomes"]
        after = {one["address"]: one["posted"]["amount"] for one in outcome["balances"]}
        assert after == {WORLD: "-1.00", ALICE: "1.00"}
    poor = await desk.post("/holds?dry_run=true", moving(ALICE, BOB, "1.00"), key=key, status=200)
    assert (poor["state"], poor["reason"]) == ("refused", "ledger.insufficient_funds")
    assert await desk.get(f"{ADMIN}/approvals") == []
    assert (await books.balance(ALICE)).version == 0
    async with books.db.begin() as tx:
        assert (await audit.head(tx)).seq == 0
    await desk.post("/entries", body, key=key)


async def test_a_hold_takes_one_person_and_is_audited(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    key, body = str(new_id()), moving(ALICE, BOB, "0.30", expires_at="2199-01-01T00:00:00Z")
    held = await desk.post("/holds", body, key=key)
    assert (held["state"], held["outcomes"][0]["state"]) == ("settled", "accepted")
    after = {one["address"]: one["available"]["amount"] for one in held["outcomes"][0]["balances"]}
    assert after[ALICE] == "0.70"
    again = await desk.send("POST", f"{ADMIN}/holds", "operator", json=body, key=key)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["data"]["outcomes"][0]["state"] == "repeated"
    other = moving(ALICE, BOB, "0.31")
    await desk.refused(
        "POST", f"{ADMIN}/holds", "operator", 422, "idempotency_key_reused", json=other, key=key
    )
    assert await actions(books, f"entry:{held['asked_id']}") == ["ledger.hold_ordered"]


async def test_a_release_takes_two_since_a_payment_may_lean_on_the_hold(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    path = f"/holds/{held.entry_id}/releases"
    asked = await desk.post(path, WHY)
    assert (await books.balance(ALICE)).held_out == 70
    await desk.granted(asked)
    assert (await books.balance(ALICE)).held_out == 0
    await desk.refused("POST", ADMIN + path, "operator", 409, "ledger.hold_resolved", json=WHY)
    unknown = f"{ADMIN}/holds/{new_id()}/releases"
    await desk.refused("POST", unknown, "operator", 404, "ledger.hold_unknown", json=WHY)


async def test_a_refused_hold_stays_refused_under_its_key(books: Books, desk: Caller) -> None:
    key, body = str(new_id()), moving(ALICE, BOB, "0.30")
    for _ in range(2):
        await desk.refused(
            "POST", f"{ADMIN}/holds", "operator", 422, "ledger.insufficient_funds", json=body, key=key
        )
        await books.give(ALICE, 100)
    await desk.post("/holds", body)


async def test_a_part_of_a_hold_is_captured_in_decimals_of_its_asset(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    path = f"/holds/{held.entry_id}/captures"
    asked = await desk.post(path, WHY | {"amount": "0.50"})
    assert (await desk.granted(asked))["state"] == "settled"
    assert ((await books.balance(ALICE)).posted, (await books.balance(ALICE)).held_out) == (50, 0)
    for amount, status, code in (("0.5", 409, "hold_resolved"), ("0.505", 400, "entry_unsound")):
        body = WHY | {"amount": amount}
        await desk.refused("POST", ADMIN + path, "operator", status, f"ledger.{code}", json=body)
    unknown = f"{ADMIN}/holds/{new_id()}/captures"
    await desk.refused("POST", unknown, "operator", 404, "ledger.hold_unknown", json=WHY)


async def test_an_entry_is_reversed_whole_or_in_shares(books: Books, desk: Caller) -> None:
    first = await books.give(ALICE, 100)
    path = f"/entries/{first.entry_id}/reversals"
    asked = await desk.post(path, WHY | {"shares": [{"number": 1, "amount": "0.40"}]})
    await desk.granted(asked)
    assert (await books.balance(ALICE)).posted == 60
    await desk.refused("POST", ADMIN + path, "operator", 409, "ledger.entry_reversed", json=WHY)
    beside = WHY | {"shares": [{"number": 2, "amount": "0.01"}]}
    await desk.refused("POST", ADMIN + path, "operator", 422, "ledger.not_part", json=beside)
    unknown = f"{ADMIN}/entries/{new_id()}/reversals"
    for body in (WHY, beside):
        await desk.refused("POST", unknown, "operator", 404, "ledger.entry_unknown", json=body)
    second = await books.give(BOB, 100)
    await desk.granted(await desk.post(f"/entries/{second.entry_id}/reversals", WHY))
    assert (await books.balance(BOB)).posted == 0
    await books.agree()


async def test_a_batch_is_posted_each_on_its_own_merits_or_not_at_all(books: Books, desk: Caller) -> None:
    given = await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 10))
    entries = [
        {"kind": "post", **moving(WORLD, BOB, "1.00")},
        {"kind": "hold", **moving(BOB, SHOP, "9.00")},
        {"kind": "capture", "hold_id": str(held.entry_id), "code": "test.capture", "amount": "0.05"},
        {
            "kind": "reverse",
            "reverses": str(given.entry_id),
            "code": "test.reverse",
            "shares": [{"number": 1, "amount": "0.20"}],
        },
    ]
    for one in entries:
        one.pop("reason", None)
    body = {"entries": entries, "reason": "month's end"}
    told = await desk.post("/batches?dry_run=true", body, status=200)
    assert [one["state"] for one in told["outcomes"]] == ["accepted", "refused", "accepted", "accepted"]
    whole = f"{ADMIN}/batches"
    error = await desk.refused(
        "POST", whole, "operator", 422, "ledger.insufficient_funds", json=body | {"whole": True}
    )
    assert error["details"] == {"number": 2}
    asked = await desk.post("/batches", body)
    granted = await desk.granted(asked)
    assert [(one["state"], one["code"]) for one in granted["outcomes"]] == [
        ("accepted", None),
        ("refused", "ledger.insufficient_funds"),
        ("accepted", None),
        ("accepted", None),
    ]
    assert granted["state"] == "settled"
    assert ((await books.balance(ALICE)).posted, (await books.balance(BOB)).posted) == (75, 100)
    (listed,) = await desk.get(f"{ADMIN}/approvals?state=granted")
    assert (listed["asked"], len(listed["outcomes"])) == (None, 4)
    await books.agree()


async def test_a_thousand_entries_pass_and_one_more_does_not(books: Books, desk: Caller) -> None:
    one = {"kind": "post", **moving(WORLD, BOB, "0.01")}
    one.pop("reason")
    asked = await desk.post("/batches", {"entries": [one] * 1000, "reason": "many", "whole": True})
    granted = await desk.granted(asked)
    assert len(granted["outcomes"]) == 1000
    assert (await books.balance(BOB)).posted == 1000
    more = {"entries": [one] * 1001, "reason": "too many"}
    await desk.refused("POST", f"{ADMIN}/batches", "operator", 400, "invalid_request", json=more)


async def test_nobody_moves_the_money_of_their_own_investor(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    await books.give(desk.own, 100)
    given = await books.give(desk.own, 50)
    path = f"{ADMIN}/entries"
    mine = moving(WORLD, desk.own, "1.00")
    for dry in ("", "?dry_run=true"):
        await desk.refused("POST", path + dry, "insider", 403, "forbidden", json=mine)
    await desk.refused(
        "POST", f"{ADMIN}/holds", "insider", 403, "forbidden", json=moving(desk.own, BOB, "1.00")
    )
    back = f"{path}/{given.entry_id}/reversals"
    await desk.refused("POST", back, "insider", 403, "forbidden", json=WHY)
    asked = await desk.post("/entries", mine)
    decision = f"{ADMIN}/approvals/{asked['approval_id']}/decisions"
    await desk.refused("POST", decision, "insider", 403, "forbidden", json=YES)
    await desk.refused("POST", decision, "compliance", 403, "forbidden", json=YES)


@pytest.mark.parametrize(
    "change",
    [
        {"postings": []},
        {"postings": [{"source": ALICE, "destination": BOB, "amount": 5, "asset": "EUR"}]},
        {"code": "NO"},
        {"reason": ""},
        {"metadata": {"note": "a\u0000b"}},
        {"metadata": {"Note": "x"}},
        {"effective_at": 1_700_000_000},
        {"entry_id": str(new_id())},
    ],
)
async def test_a_body_that_is_none_is_refused(desk: Caller, change: dict[str, Any]) -> None:
    body = moving(WORLD, ALICE, "1.00") | change
    await desk.refused("POST", f"{ADMIN}/entries", "operator", 400, "invalid_request", json=body)


@pytest.mark.parametrize("path", ["entries", "holds", "batches"])
async def test_whoever_moves_money_brings_a_key(desk: Caller, path: str) -> None:
    body = moving(WORLD, ALICE, "1.00")
    await desk.refused("POST", f"{ADMIN}/{path}", "operator", 400, "invalid_request", json=body, key="")


async def test_approvals_come_in_pages_newest_first(books: Books, desk: Caller) -> None:
    for amount in ("1.00", "2.00", "3.00"):
        await desk.post("/entries", moving(WORLD, ALICE, amount))
    first = (await desk.send("GET", f"{ADMIN}/approvals?limit=2", "auditor")).json()
    rest = await desk.get(f"{ADMIN}/approvals?limit=2&cursor={first['meta']['next_cursor']}")
    assert len({one["approval_id"] for one in [*first["data"], *rest]}) == 3
    assert await desk.get(f"{ADMIN}/approvals?state=refused") == []
    await desk.refused("GET", f"{ADMIN}/approvals/{new_id()}", "auditor", 404, "approval.not_found")


async def test_an_entry_that_was_asked_for_is_not_in_the_book_yet(books: Books, desk: Caller) -> None:
    asked = await desk.post("/entries", moving(WORLD, ALICE, "1.00"))
    found = await books.entries.find_entry(FindEntry(entry_id=UUID(asked["asked_id"])))
    assert found.state is None
