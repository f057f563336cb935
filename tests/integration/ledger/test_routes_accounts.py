"""Accounts for staff: lists, changes, freezing at once, opening up with a second pair of eyes."""

import asyncio
from typing import Any

import pytest

from capitalino.kit import audit
from capitalino.kit.ids import new_id
from tests.integration.ledger.callers import ADMIN, Caller
from tests.integration.ledger.maker import ALICE, BOB, SHOP, WORLD, Books, hold

PATH = f"{ADMIN}/accounts/{ALICE}/EUR"
FREEZE = {"state": "freeze", "reason": "Ticket 4711"}


async def tags(desk: Caller) -> str:
    """The ETag of Alice's account."""
    return (await desk.send("GET", PATH, "auditor")).headers["etag"]


async def change(desk: Caller, body: Any, who: str = "compliance", **more: Any) -> Any:
    """Change Alice's account; the data of an answer that went well."""
    answer = await desk.send("PATCH", PATH, who, json=body, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def rows(books: Books, subject: str) -> list[tuple[str, str]]:
    """What the audit log says of it, oldest first: what was done, and by whom."""
    async with books.db.begin() as tx:
        found = await audit.about(tx, subject)
        await audit.verify(tx)
    return [(one.action, one.principal) for one in reversed(found)]


async def test_accounts_are_listed_as_they_were_opened_and_filtered(books: Books, desk: Caller) -> None:
    await books.open(ALICE, WORLD, asset="BTC")
    seen, cursor = [], ""
    while True:
        page = (await desk.send("GET", f"{ADMIN}/accounts?limit=2{cursor}", "auditor")).json()
        seen += [(one["address"], one["asset"]) for one in page["data"]]
        if page["meta"]["next_cursor"] is None:
            break
        cursor = f"&cursor={page['meta']['next_cursor']}"
    assert seen == [
        *((one, "EUR") for one in (SHOP, ALICE, BOB, WORLD, desk.own)),
        (ALICE, "BTC"),
        (WORLD, "BTC"),
    ]

    async def addresses(query: str) -> list[str]:
        return [one["address"] for one in await desk.get(f"{ADMIN}/accounts?{query}")]

    assert await addresses("prefix=investor:alice") == [ALICE, ALICE]
    assert await addresses("prefix=world:&asset=BTC") == [WORLD]
    assert await addresses("book=game") == []
    await desk.refused("GET", f"{ADMIN}/accounts?prefix=%25", "auditor", 400, "invalid_request")


async def test_an_account_is_told_with_bounds_and_counters(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    await books.entries.hold_units(hold(ALICE, BOB, 30))
    await books.amend(ALICE, floor=-500)
    found = await desk.get(PATH)
    assert {name: found[name] for name in ("state", "book", "normal", "ceiling", "version")} == {
        "state": "open",
        "book": "main",
        "normal": "credit",
        "ceiling": None,
        "version": 2,
    }
    assert (found["floor"], found["available"]["amount"]) == ({"amount": "-5.00", "asset": "EUR"}, "0.70")
    await desk.refused("GET", f"{ADMIN}/accounts/{ALICE}/BTC", "auditor", 404, "ledger.account_unknown")
    await desk.refused("GET", f"{ADMIN}/accounts/none/EUR", "auditor", 400, "invalid_request")


async def test_freezing_is_done_at_once_and_audited(books: Books, desk: Caller) -> None:
    before = await tags(desk)
    done = await change(desk, FREEZE, headers={"If-Match": before})
    assert (done["state"], done["approval_id"], done["account"]["state"]) == ("settled", None, "frozen")
    assert before == '"0"'
    assert await tags(desk) == '"1"'
    (told,) = await desk.get(f"{PATH}/changes")
    who = str(desk.people.named("compliance").user_id)
    assert (told["change_id"], told["state"], told["reason"], told["by"]) == (
        done["change_id"],
        "frozen",
        "Ticket 4711",
        who,
    )
    assert await rows(books, f"account:{ALICE}:EUR") == [("ledger.account_changed", who)]


async def test_the_same_change_again_is_a_repeat_and_another_under_its_key_is_refused(
    books: Books, desk: Caller
) -> None:
    key = str(new_id())
    first = await change(desk, FREEZE, key=key)
    await books.amend(ALICE, state="unfreeze")
    again = await desk.send("PATCH", PATH, "compliance", json=FREEZE, key=key, headers={"If-Match": '"0"'})
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["data"]["change_id"] == first["change_id"]
    assert again.json()["data"]["account"]["state"] == "open"
    other = FREEZE | {"state": "freeze_in"}
    await desk.refused("PATCH", PATH, "compliance", 422, "idempotency_key_reused", json=other, key=key)
    await change(desk, FREEZE, "compliance2", key=key)  # keys are each person's own
    assert len(await rows(books, f"account:{ALICE}:EUR")) == 2


async def test_a_change_of_what_was_not_seen_is_refused_and_changes_nothing(
    books: Books, desk: Caller
) -> None:
    await books.amend(ALICE, state="freeze_in")
    for seen in ('"0"', '"2"', "none"):
        headers = {"If-Match": seen}
        await desk.refused(
            "PATCH", PATH, "compliance", 412, "ledger.account_stale", json=FREEZE, headers=headers
        )
    assert (await desk.get(PATH))["state"] == "frozen_in"
    await change(desk, FREEZE, headers={"If-Match": "*"})


async def test_of_two_changes_at_once_that_saw_the_same_one_is_made(books: Books, desk: Caller) -> None:
    answers = await asyncio.gather(
        *(
            desk.send("PATCH", PATH, f"compliance{n}", json=FREEZE, headers={"If-Match": '"0"'})
            for n in range(6)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412, 412, 412]
    assert len(await desk.get(f"{PATH}/changes")) == 1


async def test_unfreezing_waits_for_somebody_else(books: Books, desk: Caller) -> None:
    await books.amend(ALICE, state="freeze")
    body, key = {"state": "unfreeze", "reason": "cleared"}, str(new_id())
    asked = await change(desk, body, key=key)
    assert (asked["state"], asked["account"]["state"]) == ("in_review", "frozen")
    path = f"{ADMIN}/approvals/{asked['approval_id']}/decisions"
    yes = {"is_granted": True, "reason": "seen"}
    await desk.refused("POST", path, "compliance", 403, "approval.own_request", json=yes)
    await desk.refused("POST", path, "treasurer", 403, "forbidden", json=yes)
    granted = await desk.granted(asked, "compliance2")
    assert (granted["state"], granted["what"], granted["asked"]["state"]) == (
        "settled",
        "account_change",
        "unfreeze",
    )
    assert (await desk.get(PATH))["state"] == "open"
    again = await change(desk, body, key=key)
    assert again["state"] == "settled"
    who = [str(desk.people.named(one).user_id) for one in ("compliance", "compliance2")]
    assert await rows(books, f"approval:{asked['approval_id']}") == [
        ("ledger.account_change_asked", who[0]),
        ("ledger.account_change_granted", who[1]),
    ]


async def test_bounds_are_for_who_moves_money_and_wait_too(books: Books, desk: Caller) -> None:
    body = {"floor": "-5.00", "ceiling": None, "reason": "credit line"}
    await desk.refused("PATCH", PATH, "compliance", 403, "forbidden", json=body)
    asked = await change(desk, body, "operator")
    assert asked["account"]["floor"]["amount"] == "0.00"
    await desk.granted(asked)
    assert (await desk.get(PATH))["floor"]["amount"] == "-5.00"


async def test_a_floor_above_the_ceiling_is_refused(books: Books, desk: Caller) -> None:
    await books.amend(ALICE, ceiling=100)
    body = {"floor": "1.01", "reason": "the wrong way round"}
    await desk.refused("PATCH", PATH, "admin", 409, "ledger.balance_out_of_bounds", json=body)


async def test_what_the_book_refuses_is_not_granted(books: Books, desk: Caller) -> None:
    await books.give(ALICE, 100)
    asked = await change(desk, {"ceiling": "0.50", "reason": "a cap"}, "operator")
    path = f"{ADMIN}/approvals/{asked['approval_id']}/decisions"
    yes = {"is_granted": True, "reason": "seen"}
    await desk.refused("POST", path, "treasurer", 409, "ledger.balance_out_of_bounds", json=yes)
    assert (await desk.get(f"{ADMIN}/approvals/{asked['approval_id']}"))["state"] == "in_review"


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "nothing"},
        {"state": "freeze", "floor": "1", "reason": "both"},
        {"state": "melt", "reason": "no word"},
        {"state": "freeze"},
        {"state": "freeze", "reason": "a\u0000b"},
        {"state": "freeze", "reason": "fine", "more": 1},
        {"floor": 5, "reason": "a number"},
        {"floor": "1e5", "reason": "an exponent"},
    ],
)
async def test_a_change_that_is_none_is_refused(desk: Caller, body: dict[str, Any]) -> None:
    await desk.refused("PATCH", PATH, "admin", 400, "invalid_request", json=body)


async def test_a_change_needs_its_key_and_an_amount_its_assets_decimals(books: Books, desk: Caller) -> None:
    await desk.refused("PATCH", PATH, "admin", 400, "invalid_request", json=FREEZE, key="")
    body = {"floor": "1.234", "reason": "too fine"}
    await desk.refused("PATCH", PATH, "admin", 400, "ledger.entry_unsound", json=body)
    closed = {"state": "close", "reason": "gone"}
    await books.give(ALICE, 1)
    await desk.refused("PATCH", PATH, "admin", 409, "ledger.account_not_empty", json=closed)
    nobody = f"{ADMIN}/accounts/investor:nobody:cash/EUR"
    await desk.refused("PATCH", nobody, "admin", 404, "ledger.account_unknown", json=FREEZE)


async def test_nobody_changes_the_account_of_their_own_investor(desk: Caller) -> None:
    path = f"{ADMIN}/accounts/{desk.own}/EUR"
    await desk.refused("PATCH", path, "insider", 403, "forbidden", json=FREEZE)
    asked = await desk.send("PATCH", path, "compliance", json={"state": "unfreeze", "reason": "cleared"})
    decision = f"{ADMIN}/approvals/{asked.json()['data']['approval_id']}/decisions"
    yes = {"is_granted": True, "reason": "mine"}
    await desk.refused("POST", decision, "insider", 403, "forbidden", json=yes)


async def test_changes_come_in_pages_newest_first(books: Books, desk: Caller) -> None:
    for state in ("freeze_in", "freeze_out", "unfreeze"):
        await books.amend(ALICE, state=state)
    first = (await desk.send("GET", f"{PATH}/changes?limit=2", "auditor")).json()
    rest = await desk.get(f"{PATH}/changes?limit=2&cursor={first['meta']['next_cursor']}")
    assert [one["state"] for one in [*first["data"], *rest]] == ["open", "frozen", "frozen_in"]
    await desk.refused("GET", f"{PATH}/changes?cursor=MTpub25l", "auditor", 400, "invalid_cursor")
