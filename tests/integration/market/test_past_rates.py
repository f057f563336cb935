"""Reference rates of past days are kept from the file, corrected by a newer one, and shown page by page."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.edge import Edge
from capitalino.kit.ids import new_id
from capitalino.services.market.adapters.port import SourceTrouble
from tests.integration.market.maker import Market

# The form of eurofxref-hist.csv.
FILE = """Date,USD,JPY,GBP,
2026-03-19,1.10,164.2,0.88,
2026-03-18,1.20,163.9,N/A,
2026-03-17,1.25,163.9,0.80,
"""


async def somebody(_: str | None, *, is_reading: bool) -> Principal:
    """Every token is good."""
    return Principal(new_id(), new_id())


@pytest.fixture
async def web(market: Market) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in."""
    app = FastAPI()
    http.install(app)
    app.include_router(market.router())
    edge = Edge(app, cast("Identify", somebody), show_stack=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(edge), base_url="http://localhost/api/v1/fx-rates"
    ) as client:
        yield client


async def shown(web: httpx.AsyncClient, pair: str, **query: Any) -> list[tuple[str, str]]:
    """Days and rates."""
    answer = await web.get(f"{pair}/days", params=query)
    assert answer.status_code == 200, answer.text
    return [(one["on"], one["rate"]) for one in answer.json()["data"]]


async def test_past_rates_are_kept_corrected_and_shown(
    market: Market, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    assert await shown(web, "EUR-USD") == []
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text(FILE)
    past = market.reference.past
    assert await past.read(str(file)) == 5
    assert await past.read(str(file)) == 0
    days = [("2026-03-17", "1.25"), ("2026-03-18", "1.2"), ("2026-03-19", "1.1")]
    assert await shown(web, "EUR-USD") == days
    assert await shown(web, "EUR-USD", limit=2) == days[1:]
    assert await shown(web, "EUR-USD", limit=1, **{"from": "2026-03-18"}) == days[1:2]
    assert await shown(web, "EUR-USD", to="2026-03-18") == days[:1]
    first = (await web.get("EUR-USD/days", params={"limit": 2, "from": "2026-03-01"})).json()
    cursor = first["meta"]["next_cursor"]
    assert await shown(web, "EUR-USD", limit=2, cursor=cursor) == days[2:]
    assert (await web.get("EUR-USD/days", params={"cursor": "x"})).status_code == 400
    assert await shown(web, "GBP-USD") == [("2026-03-17", "1.5625"), ("2026-03-19", "1.25")]
    assert await shown(web, "EUR-IRR") == []
    file.write_text(FILE.replace("1.10", "1.11"))
    assert await past.read(str(file)) == 1
    assert (await shown(web, "USD-EUR"))[-1] == ("2026-03-19", "0.900900900900900901")


async def test_a_file_that_is_not_there_is_trouble_and_no_crash(market: Market, tmp_path: Path) -> None:
    with pytest.raises(SourceTrouble) as refused:
        await market.reference.past.read(str(tmp_path / "away.zip"))
    assert refused.value.code == "unreachable"


@pytest.mark.parametrize("pair", ["EUR-EUR", "EUR-BTC"])
async def test_what_is_no_pair_of_currencies_is_refused(web: httpx.AsyncClient, pair: str) -> None:
    answer = await web.get(f"{pair}/days")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "market.rate_unknown")


async def test_an_empty_past_is_filled_from_what_is_shipped_and_never_again(
    market: Market, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    past = market.reference.past
    assert await past.seed() > 14_000
    assert await past.seed() == 0
    # As the European Central Bank told them on these days.
    assert await shown(web, "EUR-USD", limit=1, **{"from": "1999-01-04"}) == [("1999-01-04", "1.1789")]
    assert await shown(web, "EUR-GBP", limit=1, **{"from": "2016-06-24"}) == [("2016-06-24", "0.8075")]
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text("Date,USD,\n1999-01-04,1.1790,\n")
    assert await past.read(str(file)) == 1, "the bank's own word goes over it"
