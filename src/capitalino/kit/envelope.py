"""The envelope that every answer wears: two types, one for what went well and one for what did not."""

from typing import Any, Generic, Literal, TypeVar

import structlog
from pydantic import BaseModel

from capitalino.kit.pages import Page

T = TypeVar("T")


class Problem(BaseModel):
    """What went wrong: `code` for machines, `message` for people."""

    code: str
    message: str
    details: dict[str, Any]


class Meta(BaseModel):
    """About the answer."""

    request_id: str


class ListMeta(Meta):
    """About a page of a list."""

    limit: int
    next_cursor: str | None
    page: int | None
    total: int | None
    total_is_exact: bool


class Success(BaseModel, Generic[T]):
    """It went well."""

    success: Literal[True]
    data: T
    meta: Meta


class Listed(BaseModel, Generic[T]):
    """A page of a list."""

    success: Literal[True]
    data: list[T]
    meta: ListMeta


class Failure(BaseModel):
    """It did not."""

    success: Literal[False]
    error: Problem
    meta: Meta


def request_id() -> str:
    """The id of the request that is being answered."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def ok(data: T) -> Success[T]:
    """Wrap an answer."""
    return Success(success=True, data=data, meta=Meta(request_id=request_id()))


def listed(data: list[T], page: Page, *, next_cursor: str | None, total: int | None = None) -> Listed[T]:
    """Wrap a page of a list."""
    meta = ListMeta(
        request_id=request_id(),
        limit=page.limit,
        next_cursor=next_cursor,
        page=page.page,
        total=total,
        total_is_exact=total is not None and total < 10_000,  # counts stop there (kit.pages)
    )
    return Listed(success=True, data=data, meta=meta)
