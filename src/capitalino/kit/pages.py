"""Pages of a list: by cursor, or by number within the first rows."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from capitalino.kit.errors import AppError, Kind

LIMIT_MAX = 200
ROWS_MAX = 10_000
"""Pages by number reach this deep and counts stop here; further on only by cursor."""


class CursorUnknown(AppError):
    """The cursor is not one that we gave."""

    code = "invalid_cursor"
    kind = Kind.INVALID


class PageTooDeep(AppError):
    """Pages by number end; go on by cursor."""

    code = "page_too_deep"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is wanted: after the position `after`, or page number `page`."""

    limit: int
    after: str | None = None
    page: int | None = None

    @property
    def offset(self) -> int:
        """Rows to pass over; 0 by cursor."""
        return (self.page - 1) * self.limit if self.page else 0

    @property
    def after_number(self) -> int | None:
        """The position as a number; CursorUnknown for anything else."""
        if self.after is None:
            return None
        try:
            return int(self.after)
        except ValueError:
            raise CursorUnknown("The cursor is not one of ours.") from None


async def _page(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Rows of a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`meta.next_cursor` of the page before.")
    ] = None,
    page: Annotated[
        int | None, Query(ge=1, description="A page by its number, within the first 10,000 rows.")
    ] = None,
) -> Page:
    if page is not None and page * limit > ROWS_MAX:
        raise PageTooDeep("Pages by number end at 10,000 rows; go on by cursor.", rows_max=ROWS_MAX)
    return Page(limit, decode_cursor(cursor) if cursor else None, page)


PageQuery = Annotated[Page, Depends(_page)]


def encode_cursor(position: object) -> str:
    """A server position as callers get it: nothing to read into, nothing to build on."""
    return base64.urlsafe_b64encode(f"1:{position}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The position again; CursorUnknown for what we never gave."""
    try:
        version, position = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(":", 1)
    except (ValueError, binascii.Error):
        raise CursorUnknown("The cursor is not one of ours.") from None
    if version != "1":
        raise CursorUnknown("The cursor is not one of ours.")
    return position
