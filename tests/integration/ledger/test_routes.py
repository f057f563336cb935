"""Who may call which route of the ledger, and what an investor sees: accounts, balances, holds, entries."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from capitalino.contracts.ledger.api import PostEntry
from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id
from tests.integration.ledger.callers import ADMIN, Caller
from tests.integration.ledger.maker import ALICE, BOB, SHOP, WORLD, Books, capture, entry, hold, posting

ANY_ID = "0190a4d2-7b1c-7000-8a00-000000000001"
OWN = ("/api/v1/balances", "/api/v1/accounts", "/api/v1/holds", f"/api/v1/entries/{ANY_ID}")
STAFF_READS = (
    "/accounts",
    f"/accounts/{ALICE}/EUR",
    f"/accounts/{ALICE}/EUR/changes",
    f"/balances?address={ALICE}",
    f"/entries?address={ALICE}&asset=EUR",
    f"/entries/{ANY_ID}",
    "/approvals",
    f"/approvals/{ANY_ID}",
    "/trial-balance",
    "/client-money",
    "/books",
    "/limits/investor:a:b",
)
STAFF_WRITES = (
    ("PATCH", f"/accounts/{ALICE}/EUR", ("support", "auditor")),
    ("POST", "/entries", ("support", "auditor", "compliance")),
    ("POST", f"/entries/{ANY_ID}/reversals", ("support", "auditor", "compliance")),
    ("POST", "/holds", ("support", "auditor", "compliance")),
    ("POST", f"/holds/{ANY_ID}/captures", ("support", "auditor", "compliance")),
    ("POST", f"/holds/{ANY_ID}/releases", ("support", "auditor", "compliance")),
    ("POST", "/batches", ("support", "auditor", "compliance")),
    ("POST", f"/approvals/{ANY_ID}/decisions", ("support", "auditor")),
    ("POST", "/books/main/closes", ("support", "auditor", "compliance", "operator")),
    ("PUT", "/limits/investor:a:b", ("support", "auditor", "treasurer")),
)


@pytest.mark.parametrize("path", [*OWN, "/api/v1/statements?asset=EUR"])
async def test_an_investors_route_is_for_investors(desk: Caller, path: str) -> None:
    await desk.refused("GET", path, None, 401, "unauthenticated")
    await desk.refused("GET", path, "auditor", 403, "forbidden")


@pytest.mark.parametrize("path", STAFF_READS)
async def test_a_staff_route_is_read_by_staff_only(desk: Caller, path: str) -> None:
    await desk.refused("GET", ADMIN + path, None, 401, "unauthenticated")
    await desk.refused("GET", ADMIN + path, "investor", 403, "forbidden")


@pytest.mark.parametrize("method, path, wrong", STAFF_WRITES)
async def test_what_changes_something_needs_a_fitting_role(
    desk: Caller, method: str, path: str, wrong: tuple[str, ...]
) -> None:
    await desk.refused(method, ADMIN + path, None, 401, "unauthenticated", json={})
    for who in ("investor", *wrong):
        await desk.refused(method, ADMIN + path, who, 403, "forbidden", json={})
    await desk.refused(method, ADMIN + path, "admin", 400, "invalid_request", json={})


async def test_balances_are_the_investors_own_in_decimals_of_the_asset(books: Books, desk: Caller) -> None:
    own = desk.own
    await books.open(f"{own}2", f"investor:{desk.people.investor_id}:locked")
    await books.open(WORLD, own, asset="BTC")
    await books.give(own, 1250)
    await books.give(own, 100_000_000, "BTC")
    await books.give(f"{own}2", 5)
    await books.entries.hold_units(hold(own, SHOP, 50))
    found = await desk.get("/api/v1/balances", "investor")
    assert [(one["posted"], one["available"]["amount"], one["held"]["amount"]) for one in found] == [
        ({"amount": "1.00000000", "asset": "BTC"}, "1.00000000", "0.00000000"),
        ({"amount": "12.50", "asset": "EUR"}, "12.00", "0.50"),
    ]
    assert await desk.get("/api/v1/balances", "stranger") == []


async def test_balances_at_a_time_are_told_on_both_axes(books: Books, desk: Caller) -> None:
    first = await books.give(desk.own, 100)
    await books.entries.hold_units(hold(desk.own, SHOP, 30))
    between = SYSTEM.now()
    back_dated = entry(WORLD, desk.own, 7, effective_at=first.recorded_at - timedelta(days=1))
    await books.entries.post_entry(back_dated)
    found = {}
    for axis in ("recorded", "effective"):
        at = quote(between.isoformat())
        (one,) = await desk.get(f"/api/v1/balances?at={at}&axis={axis}", "investor")
        found[axis] = (one["posted"]["amount"], one["held"]["amount"], one["available"]["amount"])
        assert one["version"] == 2
    assert found == {"recorded": ("1.00", "0.30", "0.70"), "effective": ("1.07", "0.30", "0.77")}
    before = quote((first.recorded_at - timedelta(hours=1)).isoformat())
    (one,) = await desk.get(f"/api/v1/balances?at={before}&axis=effective", "investor")
    assert one["posted"]["amount"] == "0.07"


@pytest.mark.parametrize(
    "query",
    ["at=yesterday", "at=1700000000", "at=0001-01-01T00:00:00Z", "axis=both", "at=2026-01-01T00:00:00"],
)
async def test_a_time_that_is_none_is_refused(desk: Caller, query: str) -> None:
    await desk.refused("GET", f"/api/v1/balances?{query}", "investor", 400, "invalid_request")


async def test_an_investor_sees_own_accounts_with_their_states(books: Books, desk: Caller) -> None:
    await books.give(desk.own, 100)
    await books.entries.hold_units(hold(desk.own, SHOP, 30))
    await books.open(f"investor:{desk.people.investor_id}:locked")
    await books.amend(desk.own, state="freeze_out")
    found = await desk.get("/api/v1/accounts", "investor")
    assert [(one["address"].split(":")[2], one["state"]) for one in found] == [
        ("cash", "frozen_out"),
        ("locked", "open"),
    ]
    assert (found[0]["available"], found[0]["held"]["amount"]) == ({"amount": "0.70", "asset": "EUR"}, "0.30")
    assert "floor" not in found[0]
    assert await desk.get("/api/v1/accounts", "stranger") == []
    page = (await desk.send("GET", "/api/v1/accounts?limit=1&page=1", "investor")).json()
    assert (page["meta"]["total"], len(page["data"])) == (2, 1)
    cursor = page["meta"]["next_cursor"]
    rest = await desk.get(f"/api/v1/accounts?limit=1&cursor={cursor}", "investor")
    assert [one["address"].split(":")[2] for one in rest] == ["locked"]


async def test_open_holds_are_told_newest_first_until_they_are_resolved(books: Books, desk: Caller) -> None:
    await books.give(desk.own, 100)
    await books.give(ALICE, 100)
    taken = [await books.entries.hold_units(hold(desk.own, SHOP, units)) for units in (1, 2, 3)]
    await books.entries.hold_units(hold(ALICE, SHOP, 9))
    await books.entries.hold_units(hold(ALICE, desk.own, 4))
    await books.entries.capture_hold(capture(taken[1].entry_id))
    seen, cursor = [], ""
    while True:
        page = (await desk.send("GET", f"/api/v1/holds?limit=1{cursor}", "investor")).json()
        seen += [
            (one["postings"][0]["amount"]["amount"], one["postings"][0]["source"]) for one in page["data"]
        ]
        if page["meta"]["next_cursor"] is None:
            break
        cursor = f"&cursor={page['meta']['next_cursor']}"
    assert seen == [("0.04", "investor"), ("0.03", desk.own), ("0.01", desk.own)]
    assert await desk.get("/api/v1/holds", "stranger") == []
    await desk.refused("GET", "/api/v1/holds?cursor=bm8", "investor", 400, "invalid_cursor")


async def test_of_an_entry_an_investor_sees_only_what_is_theirs(books: Books, desk: Caller) -> None:
    await books.open("fees:conversion:00")
    await books.give(ALICE, 100)
    command = PostEntry(
        entry_id=new_id(),
        code="test.mixed",
        postings=(
            posting(ALICE, desk.own, 60),
            posting(ALICE, BOB, 30),
            posting(desk.own, "fees:conversion:00", 2),
        ),
        metadata={"quote_id": "q"},
    )
    await books.entries.post_entry(command)
    found = await desk.get(f"/api/v1/entries/{command.entry_id}", "investor")
    assert [
        (one["number"], one["source"], one["destination"], one["amount"]) for one in found["postings"]
    ] == [
        (1, "investor", desk.own, {"amount": "0.60", "asset": "EUR"}),
        (3, desk.own, "fees", {"amount": "0.02", "asset": "EUR"}),
    ]
    assert [(one["amount"]["amount"], one["posted"]["amount"], one["address"]) for one in found["lines"]] == [
        ("0.60", "0.60", desk.own),
        ("-0.02", "0.58", desk.own),
    ]
    assert (found["code"], found["metadata"]) == ("test.mixed", {"quote_id": "q"})
    assert "alice" not in str(found)


async def test_an_entry_of_others_is_not_there(books: Books, desk: Caller) -> None:
    given = await books.give(ALICE, 100)
    for entry_id in (given.entry_id, new_id()):
        path = f"/api/v1/entries/{entry_id}"
        error = await desk.refused("GET", path, "investor", 404, "ledger.entry_unknown")
        assert error["message"] == "There is no such entry."
    own = await books.give(desk.own, 1)
    await desk.refused("GET", f"/api/v1/entries/{own.entry_id}", "stranger", 404, "ledger.entry_unknown")
    await desk.refused("GET", "/api/v1/entries/none", "investor", 400, "invalid_request")


async def test_an_entry_that_was_refused_moved_nothing_and_is_not_shown(books: Books, desk: Caller) -> None:
    command = entry(desk.own, ALICE, 1)
    answered = await books.entries.post_all([command], whole=False)
    assert answered.outcomes[0].state == "refused"
    await desk.refused("GET", f"/api/v1/entries/{command.entry_id}", "investor", 404, "ledger.entry_unknown")
