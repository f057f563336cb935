"""The human queue over HTTP: staff see everything that they need, investors nothing of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.ids import new_id, step_id
from capitalino.services.payments.domain.payments import cash
from capitalino.services.payments.routes import routes
from capitalino.services.payments.tables import schema
from capitalino.venues.port import Deposit, DepositState
from tests.integration.payments.acts import HALF, ONE_BTC, Around, key, rows
from tests.integration.payments.makers import Wired, away, payments
from tests.integration.payments.staff import MARA, OMID, WHY, somebody
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

READER, INVESTOR = somebody("auditor"), Principal(new_id(), new_id(), new_id())
COMPLIANCE = somebody("compliance")
PEOPLE = {str(one.user_id): one for one in (MARA, OMID, READER, INVESTOR, COMPLIANCE)}
QUEUE = "/admin/payments/queue/conversions"


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """Whoever's id is given."""
    return PEOPLE[authorization or ""]


class Listing:
    """What the venue lists as arrived."""

    def __init__(self) -> None:
        self.all: list[Deposit] = []

    def put(self, name: str, tag: str, network: str = "BTC") -> None:
        """One deposit of a tenth of a bitcoin."""
        at, state = SYSTEM.now() - timedelta(seconds=1), DepositState.CREDITED
        self.all.append(Deposit(name, "BTC", network, Decimal("0.1"), "to", tag, "chain", state, at))

    async def deposits(self, since: Any) -> tuple[Deposit, ...]:
        """Of the port."""
        return tuple(self.all)


@pytest.fixture
def listing() -> Listing:
    return Listing()


@pytest.fixture
async def wired(db: Database, sandbox: Sandbox, listing: Listing) -> AsyncIterator[Wired]:
    async with payments(db, sandbox.venue_url, venue=Around.of(sandbox, deposits=listing.deposits)) as made:
        yield made


@pytest.fixture
async def web(wired: Wired) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    http.install(app)
    app.include_router(routes(wired.quotes, wired.conversions, wired.deposits, wired.history, wired.desk))
    edge = Edge(app, cast("Identify", identify), show_stack=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(edge), base_url="http://localhost/api/v1"
    ) as client:
        yield client


async def get(web: httpx.AsyncClient, path: str, who: Principal = READER, **query: Any) -> httpx.Response:
    return await web.get(path, params=query, headers={"Authorization": str(who.user_id)})


async def post(
    web: httpx.AsyncClient, path: str, body: dict[str, Any], who: Principal = MARA, key: str = "k1"
) -> httpx.Response:
    headers = {"Authorization": str(who.user_id), "Idempotency-Key": key}
    return await web.post(path, json={"reason": WHY} | body, headers=headers)


async def decide(web: httpx.AsyncClient, asked: httpx.Response, who: Principal = OMID) -> httpx.Response:
    path = f"/admin/payments/approvals/{asked.json()['data']['approval_id']}/decisions"
    return await post(web, path, {"is_granted": True}, who)


async def in_review(wired: Wired, name: str = "k1") -> Any:
    """A conversion whose order was executed and whose entry the books refuse."""
    wired.book.barred.add("capture")
    investor = wired.investor(BTC=ONE_BTC)
    conversion_id, _ = await wired.conversions._begin(investor, key(investor, name=name), HALF)
    await wired.conversions._driver.drive(conversion_id)
    return await wired.conversions.find(investor, conversion_id)


async def test_the_queue_shows_everything_that_an_operator_needs(
    web: httpx.AsyncClient, wired: Wired, db: Database
) -> None:
    one = await in_review(wired)
    (shown,) = (await get(web, QUEUE)).json()["data"]
    assert (shown["state"], shown["step"], shown["reason"]) == (
        "in_review",
        "filled",
        "ledger.account_barred",
    )
    assert shown["investor_id"] == str(one.investor_id)
    (order,) = shown["attempts"]
    assert order["client_order_id"] == one.attempt.client_order_id
    assert (order["venue"], order["state"], order["base"]["amount"]) == ("binance", "filled", "0.50000000")
    assert order["sent_at"]
    assert [(each["step"], each["state"]) for each in shown["timeline"]] == [
        ("begun", "pending"),
        ("held", "pending"),
        ("sent", "pending"),
        ("filled", "pending"),
        ("filled", "in_review"),
    ]
    said = [(each["what"], each["number"], each["state"], each["code"]) for each in shown["ledger"]]
    assert said == [
        ("hold", 1, "accepted", None),
        ("entry", 1, "refused", "ledger.account_barred"),
        ("release", 1, None, None),
        ("entry", 2, None, None),
        ("release", 2, None, None),
    ]
    assert shown["ledger"][1]["entry_id"] == str(step_id(one.conversion_id, "entry"))
    quote = shown["quote"]
    assert (quote["mid"], quote["sources"]) == (
        "40000.000000000000000000",
        [{"source": "binance", "age_ms": 5}],
    )
    assert quote["evaluation"]["terms"]["spread"] == "0.00200000"
    assert quote["conversion_id"] == str(one.conversion_id)
    assert shown["acts"] == ["give_back", "try_again"]
    assert (shown["asked"], shown["done"]) == ([], [])
    assert shown == (await get(web, f"/admin/payments/conversions/{one.conversion_id}")).json()["data"]
    assert (await get(web, f"/admin/payments/quotes/{quote['quote_id']}")).json()["data"] == quote


async def test_the_oldest_comes_first_page_by_page(web: httpx.AsyncClient, wired: Wired) -> None:
    expected = [str((await in_review(wired, f"k{n}")).conversion_id) for n in range(3)]
    first = (await get(web, QUEUE, limit=2)).json()
    rest = (await get(web, QUEUE, limit=2, cursor=first["meta"]["next_cursor"])).json()
    assert [one["conversion_id"] for one in first["data"] + rest["data"]] == expected
    assert (await get(web, QUEUE, state="unknown")).json()["data"] == []
    assert len((await get(web, QUEUE, state="in_review")).json()["data"]) == 3


async def test_a_ledger_that_is_away_is_said_and_the_rest_is_shown(
    web: httpx.AsyncClient, wired: Wired
) -> None:
    one = await in_review(wired)

    def deaf(what: str, _when: str) -> None:
        if what == "find":
            raise away("ledger")

    wired.book.fail = deaf
    (shown,) = (await get(web, QUEUE)).json()["data"]
    assert shown["conversion_id"] == str(one.conversion_id)
    assert {each["state"] for each in shown["ledger"]} == {"not_answered"}


async def test_what_was_asked_and_done_is_shown_with_the_payment(
    web: httpx.AsyncClient, wired: Wired
) -> None:
    one = await in_review(wired)
    path = f"/admin/payments/conversions/{one.conversion_id}"
    asked = await post(web, f"{path}/acts", {"act": "give_back"})
    assert (asked.status_code, asked.json()["data"]["state"]) == (201, "asked")
    shown = (await get(web, path)).json()["data"]
    assert [(each["act"], each["asked_by"], each["reason"]) for each in shown["asked"]] == [
        ("give_back", str(MARA.user_id), WHY)
    ]
    listed = (await get(web, "/admin/payments/approvals", state="asked")).json()["data"]
    assert [each["approval_id"] for each in listed] == [asked.json()["data"]["approval_id"]]
    assert (await decide(web, asked, MARA)).json()["error"]["code"] == "approval.own_request"
    assert (await decide(web, asked)).json()["data"]["state"] == "granted"
    again = await decide(web, asked)
    assert again.headers["Idempotent-Replayed"] == "true"
    await wired.conversions.resume()
    shown = (await get(web, path)).json()["data"]
    assert (shown["state"], shown["reason"], shown["asked"]) == ("refused", "payments.given_back", [])
    assert [(each["by"], each["action"]) for each in shown["done"]] == [
        (str(OMID.user_id), "payments.conversion_give_back")
    ]
    assert (await get(web, QUEUE)).json()["data"] == []


async def test_an_act_over_http_is_done_once_for_its_key(web: httpx.AsyncClient, wired: Wired) -> None:
    one = await in_review(wired)
    path = f"/admin/payments/conversions/{one.conversion_id}/acts"
    first, second = [await post(web, path, {"act": "try_again"}) for _ in range(2)]
    assert first.json()["data"] == second.json()["data"]
    assert (first.json()["data"]["state"], second.headers["Idempotent-Replayed"]) == ("done", "true")
    other = await post(web, path, {"act": "give_back"})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    late = await post(web, path, {"act": "try_again"}, key="k2")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "payments.act_not_possible")


@pytest.mark.parametrize(
    "body", [{"act": "credit"}, {"act": "try_again", "reason": "x"}, {"act": "book", "base": 1}, {}], ids=str
)
async def test_what_is_malformed_is_refused(
    web: httpx.AsyncClient, wired: Wired, body: dict[str, Any]
) -> None:
    answer = await post(web, f"/admin/payments/conversions/{new_id()}/acts", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("who", [READER, INVESTOR, COMPLIANCE], ids=["auditor", "investor", "compliance"])
async def test_only_who_moves_money_asks_and_decides(web: httpx.AsyncClient, who: Principal) -> None:
    nothing = new_id()
    terms = {"spread": "0.001", "fee": "0.001"}
    for path, body in (
        (f"/admin/payments/conversions/{nothing}/acts", {"act": "try_again"}),
        (f"/admin/payments/deposits/{nothing}/acts", {"act": "try_again"}),
        (f"/admin/payments/closures/{nothing}/openings", {}),
        (f"/admin/payments/approvals/{nothing}/decisions", {"is_granted": True}),
        ("/admin/payments/terms", terms),
    ):
        assert (await post(web, path, body, who)).status_code == 403
    closed = await post(web, "/admin/payments/closures", {"flow": "conversion"}, who)
    assert closed.status_code == (201 if who is COMPLIANCE else 403)


@pytest.mark.parametrize(
    "path",
    [
        "queue/conversions",
        "queue/deposits",
        "approvals",
        "terms",
        "closures",
        "quotes/01a2155b-3590-74f1-a00b-f98644839629",
    ],
)
async def test_investors_see_nothing_of_it(web: httpx.AsyncClient, path: str) -> None:
    assert (await get(web, f"/admin/payments/{path}", INVESTOR)).status_code == 403
    assert (await get(web, f"/admin/payments/{path}")).status_code in (200, 404)


async def test_the_price_list_and_the_switches_over_http(web: httpx.AsyncClient, wired: Wired) -> None:
    offer = {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.5"}
    body = {"base": "BTC", "quote": "EUR", "spread": "0.01", "fee": "0.005"}
    asked = await post(web, "/admin/payments/terms", body)
    assert (asked.status_code, asked.json()["data"]["asked"]["spread"]) == (201, "0.01")
    assert (await post(web, "/admin/payments/terms", body)).headers["Idempotent-Replayed"] == "true"
    assert (await decide(web, asked)).status_code == 201
    newest, first = (await get(web, "/admin/payments/terms")).json()["data"]
    assert (newest["spread"], newest["approved_by"], newest["is_current"]) == (
        "0.01000000",
        str(OMID.user_id),
        True,
    )
    assert first["base"] == "*"
    assert (await post(web, "/quotes", offer, INVESTOR)).status_code == 400  # a reason is no part of it
    closed = await post(web, "/admin/payments/closures", {"flow": "conversion"})
    assert (closed.status_code, closed.json()["data"]["is_closed"]) == (201, True)
    headers = {"Authorization": str(INVESTOR.user_id)}
    refused = await web.post("/quotes", json=offer, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "payments.flow_closed")
    closure = f"/admin/payments/closures/{closed.json()['data']['closure_id']}"
    opening = await post(web, f"{closure}/openings", {})
    await decide(web, opening)
    assert (await get(web, closure)).json()["data"]["opened_by"] == str(OMID.user_id)
    quote = await web.post("/quotes", json=offer, headers=headers)
    assert quote.json()["data"]["fee"]["amount"] == "99.00"


async def test_a_deposit_that_the_books_refused_is_tried_again_by_one(
    web: httpx.AsyncClient, wired: Wired, listing: Listing
) -> None:
    investor = new_id()
    listing.put("one", (await wired.deposits.address(investor, "BTC")).tag)
    wired.book.barred.add(cash(investor))
    await wired.deposits.watch()
    (shown,) = (await get(web, "/admin/payments/queue/deposits")).json()["data"]
    assert (shown["reason"], shown["acts"], shown["reference"]) == (
        "ledger.account_barred",
        ["try_again"],
        "one",
    )
    assert [(each["number"], each["state"]) for each in shown["ledger"]] == [(1, "refused"), (2, None)]
    wired.book.barred.clear()
    path = f"/admin/payments/deposits/{shown['deposit_id']}"
    answers = [await post(web, f"{path}/acts", {"act": "try_again"}) for _ in range(2)]
    assert [one.json()["data"]["state"] for one in answers] == ["done", "done"]
    await wired.deposits.settle_pending()
    assert wired.book.of(investor, "BTC") == 10_000_000
    done = (await get(web, path)).json()["data"]
    assert (done["state"], done["acts"], len(done["done"])) == ("settled", [], 1)


async def test_a_deposit_without_a_tag_is_credited_by_two_to_somebody_we_know(
    web: httpx.AsyncClient, wired: Wired, listing: Listing, db: Database
) -> None:
    investor = new_id()
    await wired.deposits.address(investor, "ETH")
    listing.put("nobody's", "no such tag")
    await wired.deposits.watch()
    (shown,) = (await get(web, "/admin/payments/queue/deposits")).json()["data"]
    path = f"/admin/payments/deposits/{shown['deposit_id']}/acts"
    unnamed = await post(web, path, {"act": "credit"}, key="a")
    assert unnamed.json()["error"]["code"] == "payments.act_not_possible"
    unknown = await post(web, path, {"act": "credit", "investor_id": str(new_id())}, key="b")
    assert unknown.json()["error"]["code"] == "payments.investor_unknown"
    asked = await post(web, path, {"act": "credit", "investor_id": str(investor)}, key="c")
    twice = await post(web, path, {"act": "credit", "investor_id": str(investor)}, OMID, key="d")
    await wired.deposits.settle_pending()
    assert wired.book.of(investor, "BTC") == 0  # asked for, and nothing moves
    assert (await decide(web, asked, MARA)).json()["error"]["code"] == "approval.own_request"
    assert (await decide(web, asked)).status_code == 201
    await wired.deposits.settle_pending()
    assert (await decide(web, twice, MARA)).json()["error"]["code"] == "payments.moved_on"
    for _ in range(2):
        await wired.deposits.settle_pending()
    assert wired.book.of(investor, "BTC") == 10_000_000
    assert await rows(db, "select state, investor_id from payments.deposit") == [("settled", investor)]


async def test_what_came_by_another_network_is_credited_by_two(
    web: httpx.AsyncClient, wired: Wired, listing: Listing
) -> None:
    investor = new_id()
    listing.put("other", (await wired.deposits.address(investor, "BTC")).tag, network="LIGHTNING")
    await wired.deposits.watch()
    (shown,) = (await get(web, "/admin/payments/queue/deposits")).json()["data"]
    path = f"/admin/payments/deposits/{shown['deposit_id']}/acts"
    alone = await post(web, path, {"act": "try_again"}, key="a")
    assert alone.json()["error"]["code"] == "payments.act_not_possible"
    await decide(web, await post(web, path, {"act": "credit"}, key="b"))
    await wired.deposits.settle_pending()
    assert wired.book.of(investor, "BTC") == 10_000_000


async def test_what_is_not_there_is_not_found(web: httpx.AsyncClient) -> None:
    for path in ("conversions", "deposits", "quotes"):
        answer = await get(web, f"/admin/payments/{path}/{new_id()}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "payments.not_found")
