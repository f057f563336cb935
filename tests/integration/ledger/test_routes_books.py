"""Entries in full, balances of any address, limits, closes, the trial balance and whose the money is."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from capitalino.contracts.ledger.api import PostEntry
from capitalino.kit import audit
from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id
from capitalino.services.ledger.errors.entries import InsufficientFunds
from tests.integration.ledger.callers import ADMIN, Caller
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
    reversal,
)
from tests.integration.ledger.past import chain_of, seal_all


async def test_staff_see_the_trial_balance(books: Books, desk: Caller) -> None:
    await books.give(SHOP, 5)
    found = await desk.get(f"{ADMIN}/trial-balance")
    assert [(one["root"], one["balance"]["amount"]) for one in found] == [
        ("house", "0.05"),
        ("investor", "0.00"),
        ("world", "-0.05"),
    ]


async def test_a_checkpoint_is_verified_by_anybody_with_what_is_told(books: Books, desk: Caller) -> None:
    await books.give(SHOP, 5)
    await seal_all(books.db)  # what runs in the databases of other tests may hold it up for a moment
    await chain_of(books).sign()
    (told,) = await desk.get(f"{ADMIN}/checkpoints")
    assert told["hash"] in told["message"]
    key = Ed25519PublicKey.from_public_bytes(b64decode(told["public_key"]))
    key.verify(b64decode(told["signature"]), told["message"].encode())
    await desk.refused("GET", f"{ADMIN}/checkpoints", "investor", 403, "forbidden")


async def test_client_money_and_company_money_are_apart(books: Books, desk: Caller) -> None:
    await books.open("merchant:m1:cash", "fees:conversion:00")
    await books.open("house:loan", floor=None)
    await books.give(ALICE, 100)
    await books.give("merchant:m1:cash", 50)
    await books.entries.post_entry(entry(ALICE, "fees:conversion:00", 10))
    (found,) = await desk.get(f"{ADMIN}/client-money")
    amounts = {name: one["amount"] for name, one in found.items() if isinstance(one, dict)}
    assert amounts == {"client": "1.40", "company": "0.10", "outside": "1.50", "difference": "0.10"}
    await books.entries.post_entry(entry("house:loan", ALICE, 300))
    (found,) = await desk.get(f"{ADMIN}/client-money")
    assert (found["client"]["amount"], found["difference"]["amount"]) == ("4.40", "-2.90")


async def test_an_entry_is_told_with_postings_lines_and_what_refers_to_it(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    command = PostEntry(
        entry_id=new_id(),
        code="test.two",
        postings=(posting(ALICE, BOB, 60), posting(ALICE, SHOP, 5)),
        metadata={"a": "b"},
    )
    await books.entries.post_entry(command)
    await books.give(ALICE, 1)
    back = await books.entries.reverse_entry(reversal(command.entry_id, shares=({"number": 1, "units": 20},)))
    found = await desk.get(f"{ADMIN}/entries/{command.entry_id}")
    assert [
        (one["source"], one["destination"], one["amount"]["amount"], one["reversed"]["amount"])
        for one in found["postings"]
    ] == [(ALICE, BOB, "0.60", "0.20"), (ALICE, SHOP, "0.05", "0.00")]
    assert [(one["address"], one["amount"]["amount"], one["posted"]["amount"]) for one in found["lines"]] == [
        (SHOP, "0.05", "0.05"),
        (ALICE, "-0.60", "0.40"),
        (ALICE, "-0.05", "0.35"),
        (BOB, "0.60", "0.60"),
    ]
    assert [(one["entry_id"], one["kind"]) for one in found["related"]] == [(str(back.entry_id), "reverse")]
    assert (found["state"], found["refusal"], found["metadata"]) == ("accepted", None, {"a": "b"})
    reverse = await desk.get(f"{ADMIN}/entries/{back.entry_id}")
    assert (reverse["refers_to"], reverse["related"]) == (str(command.entry_id), [])
    await desk.refused("GET", f"{ADMIN}/entries/{new_id()}", "auditor", 404, "ledger.entry_unknown")


async def test_a_hold_is_told_as_open_until_something_resolves_it(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    path = f"{ADMIN}/entries/{held.entry_id}"
    found = await desk.get(path)
    assert (found["is_open"], found["related"], found["lines"][0]["amount"]["amount"]) == (True, [], "0.00")
    taken = await books.entries.capture_hold(capture(held.entry_id))
    found = await desk.get(path)
    assert (found["is_open"], [one["entry_id"] for one in found["related"]]) == (False, [str(taken.entry_id)])


async def test_a_refused_entry_is_told_with_its_reason(books: Books, desk: Caller) -> None:
    command = entry(ALICE, BOB, 1)
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(command)
    found = await desk.get(f"{ADMIN}/entries/{command.entry_id}")
    assert (found["state"], found["refusal"], found["lines"]) == ("refused", "ledger.insufficient_funds", [])
    assert found["postings"][0]["amount"]["amount"] == "0.01"


async def test_an_entry_of_unknown_accounts_is_told_without_an_amount(books: Books, desk: Caller) -> None:
    command = entry("investor:nobody:cash", "investor:nobody:other", 1)
    await books.entries.post_all([command], whole=False)
    found = await desk.get(f"{ADMIN}/entries/{command.entry_id}")
    assert found["refusal"] == "ledger.account_unknown"
    assert [(one["source"], one["amount"]) for one in found["postings"]] == [(None, None)]


async def test_entries_are_listed_by_account_holds_too(books: Books, desk: Caller) -> None:
    for units in (1, 2, 3):
        await books.give(ALICE, units)
    held = await books.entries.hold_units(hold(ALICE, SHOP, 4))
    path = f"{ADMIN}/entries?address={ALICE}&asset=EUR"
    first = (await desk.send("GET", f"{path}&limit=3", "auditor")).json()
    rest = await desk.get(f"{path}&limit=3&cursor={first['meta']['next_cursor']}")
    rows = [*first["data"], *rest]
    assert [
        (one["kind"], one["line"]["amount"]["amount"], one["line"]["held"]["amount"]) for one in rows
    ] == [
        ("hold", "0.00", "0.04"),
        ("post", "0.03", "0.00"),
        ("post", "0.02", "0.00"),
        ("post", "0.01", "0.00"),
    ]
    assert rows[0]["entry_id"] == str(held.entry_id)
    assert len(await desk.get(f"{path}&code=test.hold")) == 1
    until = quote(rows[1]["recorded_at"])
    assert len(await desk.get(f"{path}&until={until}")) == 2
    assert len(await desk.get(f"{path}&since={until}")) == 2
    await desk.refused("GET", f"{path}&page=2", "auditor", 400, "page_too_deep")
    unknown = f"{ADMIN}/entries?address={ALICE}&asset=BTC"
    await desk.refused("GET", unknown, "auditor", 404, "ledger.account_unknown")


async def test_balances_of_any_address_are_told_now_and_at_a_time(books: Books, desk: Caller) -> None:
    first = await books.give(ALICE, 100)
    await books.give(ALICE, 11)
    path = f"{ADMIN}/balances?address={ALICE}"
    (now,) = await desk.get(path)
    at = quote(first.recorded_at.isoformat())
    (then,) = await desk.get(f"{path}&at={at}")
    assert (now["posted"]["amount"], then["posted"]["amount"], then["version"]) == ("1.11", "1.00", 1)
    for more in ("", f"&at={at}"):
        nobody = f"{ADMIN}/balances?address=investor:nobody:cash{more}"
        await desk.refused("GET", nobody, "auditor", 404, "ledger.account_unknown")


async def test_limits_are_set_and_told_with_their_use(books: Books, desk: Caller) -> None:
    key = "investor:alice:withdrawal"
    path = f"{ADMIN}/limits/{key}"
    assert await desk.get(path) == {"limit_key": key, "windows": []}
    body = {
        "windows": [{"seconds": 86_400, "units": "100"}, {"seconds": 60, "units": "40"}],
        "reason": "tier 1",
    }
    for _ in range(2):
        answer = await desk.send("PUT", path, "compliance", json=body)
        assert answer.status_code == 200
    await books.give(ALICE, 100)
    limited = entry(ALICE, BOB, 1, reference_units=30, limit_key=key)
    await books.entries.post_entry(limited)
    assert (await desk.get(path))["windows"] == [
        {"seconds": 60, "units": "40", "used": "30"},
        {"seconds": 86_400, "units": "100", "used": "30"},
    ]
    async with books.db.begin() as tx:
        (last, *_) = await audit.about(tx, f"limit:{key}")
    assert (last.action, '"reason":"tier 1"' in last.details) == ("ledger.limits_set", True)
    twice = {"windows": [{"seconds": 60, "units": "1"}] * 2, "reason": "twice"}
    await desk.refused("PUT", path, "compliance", 400, "invalid_request", json=twice)
    mine = f"{ADMIN}/limits/investor:{desk.people.investor_id}:withdrawal"
    await desk.refused("PUT", mine, "insider", 403, "forbidden", json=body)
    await desk.refused("GET", f"{ADMIN}/limits/none", "auditor", 400, "invalid_request")


async def test_a_book_is_closed_once_and_for_all(books: Books, desk: Caller) -> None:
    until = SYSTEM.now() - timedelta(seconds=1)
    body = {"until": until.isoformat(), "reason": "month's end"}
    for _ in range(2):
        closed = await desk.post("/books/main/closes", body, "treasurer", key="")
        assert datetime.fromisoformat(closed["closed_until"]) == until
    earlier = body | {"until": datetime(2020, 1, 1, tzinfo=UTC).isoformat()}
    told = await desk.post("/books/main/closes", earlier, "treasurer")
    assert datetime.fromisoformat(told["closed_until"]) == until
    found = {one["book"]: one["closed_until"] for one in await desk.get(f"{ADMIN}/books")}
    assert (datetime.fromisoformat(found["main"]), found["game"]) == (until, None)
    later = body | {"until": (SYSTEM.now() + timedelta(hours=1)).isoformat()}
    path = f"{ADMIN}/books/main/closes"
    await desk.refused("POST", path, "treasurer", 422, "ledger.period_not_over", json=later)
    nowhere = f"{ADMIN}/books/nowhere/closes"
    await desk.refused("POST", nowhere, "treasurer", 404, "ledger.book_unknown", json=body)
    async with books.db.begin() as tx:
        assert {one.action for one in await audit.about(tx, "book:main")} == {"ledger.period_closed"}
    back_dated = {
        "code": "adjustment.late",
        "reason": "too late",
        "effective_at": "2020-01-01T00:00:00Z",
        "postings": [{"source": WORLD, "destination": ALICE, "amount": "1.00", "asset": "EUR"}],
    }
    await desk.refused("POST", f"{ADMIN}/entries", "operator", 422, "ledger.period_closed", json=back_dated)
