"""Pages by cursor and by number, and cursors that nobody else can make."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.edge import Edge
from capitalino.kit.pages import CursorUnknown, Page, PageQuery, decode_cursor, encode_cursor


@pytest.mark.parametrize("position", [0, 17, "2026-03-20T12:00:00+00:00|abc", "a:b:c", "é", ""])
def test_a_cursor_comes_back_as_the_position(position: object) -> None:
    assert decode_cursor(encode_cursor(position)) == str(position)


@pytest.mark.parametrize("cursor", ["", "x", "====", "MQ", "MjoxNw", "/w", "🙂", "a" * 200])
def test_what_we_never_gave_is_refused(cursor: str) -> None:
    with pytest.raises(CursorUnknown):
        decode_cursor(cursor)


def test_a_page_by_number_passes_over_those_before() -> None:
    assert [Page(20, page=page).offset for page in (None, 1, 2, 3)] == [0, 0, 20, 40]


def test_a_position_may_be_a_number() -> None:
    assert (Page(5).after_number, Page(5, after="17").after_number) == (None, 17)
    with pytest.raises(CursorUnknown):
        _ = Page(5, after="seventeen").after_number


@pytest.mark.parametrize(
    "query, status, page",
    [
        ("", 200, [50, None, None]),
        ("limit=200&page=50", 200, [200, None, 50]),
        (f"cursor={encode_cursor(17)}&limit=1", 200, [1, "17", None]),
        ("cursor=", 200, [50, None, None]),
        ("limit=0", 400, "invalid_request"),
        ("limit=201", 400, "invalid_request"),
        ("page=0", 400, "invalid_request"),
        (f"cursor={'x' * 201}", 400, "invalid_request"),
        ("cursor=nonsense", 400, "invalid_cursor"),
        ("limit=200&page=51", 400, "page_too_deep"),
    ],
)
async def test_a_page_is_asked_for(query: str, status: int, page: Any) -> None:
    app = FastAPI()
    http.install(app)

    @app.get("/")
    async def list_things(page: PageQuery) -> list[Any]:
        return [page.limit, page.after, page.page]

    edged: Any = Edge(app, object(), show_stack=True)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edged), base_url="http://test") as web:
        answer = await web.get(f"/?{query}")
    assert answer.status_code == status
    assert (answer.json() if status == 200 else answer.json()["error"]["code"]) == page
