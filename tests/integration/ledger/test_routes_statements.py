"""Statements over HTTP: pages, filters, and the CSV file."""

import csv
import io
from datetime import timedelta
from urllib.parse import quote

import pytest

from capitalino.kit.clock import SYSTEM
from capitalino.services.ledger.routes.statements import text_cell
from tests.integration.ledger.callers import Caller
from tests.integration.ledger.maker import SHOP, WORLD, Books, entry, hold

PATH = "/api/v1/statements?asset=EUR"


async def some_movements(books: Books, own: str) -> None:
    """Five that come, one that leaves, and a hold, which is no movement."""
    for units in range(1, 6):
        await books.give(own, units)
    await books.entries.hold_units(hold(own, SHOP, 3))
    await books.entries.post_entry(entry(own, SHOP, 12, metadata={"note": "=1+1"}))


async def test_statements_come_in_pages_newest_first(books: Books, desk: Caller) -> None:
    await some_movements(books, desk.own)
    seen, cursor = [], ""
    while True:
        page = (await desk.send("GET", f"{PATH}&limit=4{cursor}", "investor")).json()
        seen += [(one["amount"]["amount"], one["balance"]["amount"], one["version"]) for one in page["data"]]
        if page["meta"]["next_cursor"] is None:
            break
        cursor = f"&cursor={page['meta']['next_cursor']}"
    assert seen == [
        ("-0.12", "0.03", 7),
        ("0.05", "0.15", 5),
        ("0.04", "0.10", 4),
        ("0.03", "0.06", 3),
        ("0.02", "0.03", 2),
        ("0.01", "0.01", 1),
    ]
    second = (await desk.send("GET", f"{PATH}&limit=4&page=2", "investor")).json()
    assert [one["amount"]["amount"] for one in second["data"]] == ["0.02", "0.01"]
    assert (second["meta"]["page"], second["meta"]["total"]) == (2, 6)
    assert await desk.get(PATH, "stranger") == []


async def test_statements_are_filtered_by_time_code_and_direction(books: Books, desk: Caller) -> None:
    await some_movements(books, desk.own)
    middle = (await desk.get(PATH, "investor"))[3]
    at, now = quote(middle["recorded_at"]), quote((SYSTEM.now() + timedelta(hours=1)).isoformat())

    async def amounts(query: str) -> list[str]:
        found = await desk.get(f"{PATH}&{query}", "investor")
        return [one["amount"]["amount"] for one in found]

    assert await amounts(f"since={at}&until={now}") == ["-0.12", "0.05", "0.04", "0.03"]
    assert await amounts(f"until={at}") == ["0.02", "0.01"]
    assert await amounts("direction=out") == ["-0.12"]
    assert await amounts("direction=in&limit=2") == ["0.05", "0.04"]
    assert await amounts("code=test.post&code=test.other&direction=out&min_version=7") == ["-0.12"]
    assert await amounts("code=test.other") == []


@pytest.mark.parametrize(
    "query",
    [
        "direction=up",
        "code=NO",
        "since=now",
        "format=xml",
        "min_version=-1",
        f"min_version={2**63}",
        "limit=0",
    ],
)
async def test_a_filter_that_is_none_is_refused(desk: Caller, query: str) -> None:
    await desk.refused("GET", f"{PATH}&{query}", "investor", 400, "invalid_request")


async def test_a_statement_of_an_asset_that_is_not_kept_is_refused(desk: Caller) -> None:
    for form in ("", "&format=csv"):
        await desk.refused(
            "GET", f"/api/v1/statements?asset=XXX{form}", "investor", 404, "ledger.asset_unknown"
        )
    await desk.refused("GET", "/api/v1/statements", "investor", 400, "invalid_request")


@pytest.mark.parametrize(("query", "accept"), [("&format=csv", "*/*"), ("", "text/csv")])
async def test_a_statement_is_one_file_on_request(
    books: Books, desk: Caller, query: str, accept: str
) -> None:
    await some_movements(books, desk.own)
    answer = await desk.send("GET", PATH + query, "investor", headers={"Accept": accept})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="statement-EUR.csv"'
    assert answer.content.startswith(b"recorded_at,")
    assert answer.content.endswith(b"\r\n")
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert [(one["amount"], one["balance"], one["asset"]) for one in rows] == [
        ("-0.12", "0.03", "EUR"),
        ("0.05", "0.15", "EUR"),
        ("0.04", "0.10", "EUR"),
        ("0.03", "0.06", "EUR"),
        ("0.02", "0.03", "EUR"),
        ("0.01", "0.01", "EUR"),
    ]
    assert rows[0]["metadata"] == '{"note": "=1+1"}'
    assert not any(
        cell.startswith(("=", "+", "@")) or (cell.startswith("-") and name not in {"amount", "balance"})
        for row in rows
        for name, cell in row.items()
    )


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_text_that_a_spreadsheet_would_reckon_with_is_kept_text(cell: str) -> None:
    assert text_cell(cell) == f"'{cell}"
    assert text_cell("deposit.settled") == "deposit.settled"


async def test_json_is_given_to_who_asks_for_it_whatever_the_header_says(desk: Caller) -> None:
    answer = await desk.send("GET", f"{PATH}&format=json", "investor", headers={"Accept": "text/csv"})
    assert answer.json()["data"] == []


async def test_a_long_file_is_read_in_parts_and_has_every_line_once(books: Books, desk: Caller) -> None:
    many = [entry(WORLD, desk.own, 1) for _ in range(2500)]
    await books.entries.post_all(many, whole=True)
    answer = await desk.send("GET", f"{PATH}&format=csv", "investor")
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert [int(one["version"]) for one in rows] == [*range(2500, 0, -1)]
    assert (rows[0]["balance"], rows[-1]["balance"]) == ("25.00", "0.01")
