"""Pages of what fits into memory."""

from typing import TypeVar

from capitalino.kit.http import Listed, listed
from capitalino.kit.pages import Page, encode_cursor

T = TypeVar("T")


def paged(rows: list[T], page: Page) -> Listed[T]:
    """A page of a list that is short enough to be held in memory."""
    start = page.after_number or page.offset
    end = start + page.limit
    following = encode_cursor(end) if end < len(rows) else None
    return listed(rows[start:end], page, next_cursor=following, total=len(rows))
