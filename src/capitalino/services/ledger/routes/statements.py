"""Statements: movements with the running balance, page by page or as one CSV file."""

import csv
import io
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from capitalino.contracts.ledger.api import Code
from capitalino.contracts.money_wire import AssetCode, MoneyOut
from capitalino.kit.auth import Investor
from capitalino.kit.http import Listed, listed
from capitalino.kit.pages import Page, PageQuery, encode_cursor
from capitalino.money import Asset, Money
from capitalino.services.ledger.domain import StatementFilter, StatementLine
from capitalino.services.ledger.errors.accounts import AssetUnknown
from capitalino.services.ledger.routes.shapes import Instant, money
from capitalino.services.ledger.service.desk import Desk
from capitalino.services.ledger.service.directory import own_prefix

COLUMNS = (
    "recorded_at",
    "effective_at",
    "entry_id",
    "kind",
    "code",
    "asset",
    "amount",
    "balance",
    "version",
    "metadata",
)
CSV_PAGE = 1000
VERSION_MAX = 2**63 - 1
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With these a spreadsheet takes a cell for a formula; an apostrophe before it makes it text again."""


class LineOut(BaseModel):
    """A movement: a minus stands in front of what left; `balance` is what was there after it."""

    entry_id: UUID
    kind: str
    code: str
    asset: str
    amount: MoneyOut
    balance: MoneyOut
    recorded_at: datetime
    effective_at: datetime
    version: int
    """Of the account, after it."""
    metadata: dict[str, str]

    @classmethod
    def of(cls, line: StatementLine, asset: Asset) -> Self:
        """With the asset's decimals."""
        return cls(
            entry_id=line.entry_id,
            kind=line.kind,
            code=line.code,
            asset=asset.code,
            amount=money(line.units, asset),
            balance=money(line.posted, asset),
            recorded_at=line.recorded_at,
            effective_at=line.effective_at,
            version=line.version,
            metadata=line.metadata,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which movements, and in which form."""

    asset: str
    only: StatementFilter
    min_version: int
    form: Literal["json", "csv"] | None

    def is_csv(self, accept: str) -> bool:
        """A file is wanted: the query says so, or where it says nothing the header."""
        return self.form == "csv" or (self.form is None and "text/csv" in accept)


async def _wanted(
    *,
    asset: Annotated[AssetCode, Query(description="The asset's code.")],
    since: Annotated[Instant | None, Query(description="Recorded then or later.")] = None,
    until: Annotated[Instant | None, Query(description="Recorded before.")] = None,
    code: Annotated[list[Code] | None, Query(max_length=20, description="Only these codes.")] = None,
    direction: Annotated[Literal["in", "out"] | None, Query(description="What came, or what left.")] = None,
    min_version: Annotated[
        int, Query(ge=0, le=VERSION_MAX, description="The answer knows this version of the account.")
    ] = 0,
    form: Annotated[
        Literal["json", "csv"] | None, Query(alias="format", description="Left out: by the header `Accept`.")
    ] = None,
) -> Wanted:
    only = StatementFilter(since, until, tuple(code or ()), direction)
    return Wanted(asset, only, min_version, form)


class Statement:
    """One statement that was asked for."""

    def __init__(self, desk: Desk, investor_id: UUID, asked: Wanted, asset: Asset) -> None:
        self._reading, self._asked, self._asset = desk.reading, asked, asset
        self._address = f"{own_prefix(investor_id)}cash"

    async def lines(self, page: Page) -> tuple[list[StatementLine], int | None, int | None]:
        """A page of it."""
        asked = self._asked
        return await self._reading.statement(
            self._address, asked.asset, page, only=asked.only, min_version=asked.min_version
        )

    async def as_json(self, page: Page) -> Listed[LineOut]:
        """A page, wrapped."""
        shown, following, total = await self.lines(page)
        cursor = None if following is None else encode_cursor(following)
        rows = [LineOut.of(one, self._asset) for one in shown]
        return listed(rows, page, next_cursor=cursor, total=total)

    async def as_csv(self, after: str | None) -> StreamingResponse:
        """All of it, from a cursor on. The first lines are read before the answer begins: they may fail."""
        first = await self.lines(Page(CSV_PAGE, after))
        headers = {"Content-Disposition": f'attachment; filename="statement-{self._asset.code}.csv"'}
        return StreamingResponse(self._written(*first), media_type="text/csv", headers=headers)

    async def _written(
        self, shown: list[StatementLine], following: int | None, _: int | None
    ) -> AsyncGenerator[str]:
        yield _row(COLUMNS)
        while True:
            yield "".join(_row(self._cells(one)) for one in shown)
            if following is None:
                return
            shown, following, _ = await self.lines(Page(CSV_PAGE, str(following)))

    def _cells(self, line: StatementLine) -> tuple[str, ...]:
        texts = line.recorded_at.isoformat(), line.effective_at.isoformat(), str(line.entry_id)
        amounts = Money(line.units, self._asset).amount, Money(line.posted, self._asset).amount
        told = json.dumps(line.metadata, ensure_ascii=False) if line.metadata else ""
        named = (text_cell(one) for one in (line.kind, line.code, self._asset.code))
        return (*texts, *named, *amounts, str(line.version), text_cell(told))


def text_cell(cell: str) -> str:
    """A cell that no spreadsheet reckons with."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _row(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)  # lines end with CR LF (RFC 4180)
    return written.getvalue()


FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}, "example": "recorded_at,effective_at,…\r\n"}},
        "description": "A page, or with `Accept: text/csv` or `format=csv` all of it as a file.",
    }
}


def routes(desk: Desk) -> APIRouter:
    """Whose they are comes from the token alone."""
    router = APIRouter()

    @router.get("/statements", response_model=Listed[LineOut], responses=FORMS)
    async def statements(
        principal: Investor, page: PageQuery, asked: Annotated[Wanted, Depends(_wanted)], request: Request
    ) -> Any:
        """Movements of one asset with the running balance, newest first. As CSV: all of them, in one file."""
        asset = (await desk.reading.assets()).get(asked.asset)
        if asset is None:
            raise AssetUnknown("The book keeps no such asset.", asset=asked.asset)
        statement = Statement(desk, principal.investor, asked, asset)
        is_csv = asked.is_csv(request.headers.get("accept", ""))
        return await (statement.as_csv(page.after) if is_csv else statement.as_json(page))

    return router
