"""Accounts for staff: all of them, their changes, and changing one."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from capitalino.contracts.ledger.api import AmendAccount
from capitalino.contracts.money_wire import AssetCode, MoneyOut
from capitalino.kit.auth import Principal, Staff, may
from capitalino.kit.http import IdempotencyKey, Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.ledger.routes.shapes import (
    BOOK,
    REPLAYED,
    AddressPath,
    AssetPath,
    Assets,
    In,
    ReasonText,
    StandingOut,
    money,
)
from capitalino.services.ledger.service.amounts import Amounts
from capitalino.services.ledger.service.asking import Asked
from capitalino.services.ledger.service.desk import Desk
from capitalino.services.ledger.service.directory import AccountChange, AccountFilter, AccountRecord

Keeper = Annotated[Principal, may("compliance", "operator", "treasurer", "admin")]
"""Whoever may change some of an account; what exactly, the service knows."""
ETAG = re.compile(r'(W/)?"(\d{1,18})"\Z', re.ASCII)
NEVER = -1
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=100, description="The ETag that was read; left out: whatever it is."),
]
TAGGED: dict[str, Any] = {
    "headers": {
        "ETag": {"description": "How often it was changed, for `If-Match`.", "schema": {"type": "string"}}
    }
}
CHANGED: dict[str, Any] = {"headers": TAGGED["headers"] | REPLAYED["headers"]}
PREFIX = r"^[a-z]+(:[A-Za-z0-9._-]*)*$"
SignedAmount = Annotated[
    str, Field(pattern=r"^-?\d{1,30}(\.\d{1,18})?$", max_length=50, examples=["-500.00"])
]


class StaffAccountOut(StandingOut):
    """An account with all that is kept of it. `floor` and `ceiling` bind its balance; null: no bound."""

    book: str
    shard: int
    normal: Literal["credit", "debit"]
    state: str
    floor: MoneyOut | None
    ceiling: MoneyOut | None
    debits: MoneyOut
    credits: MoneyOut
    opened_at: datetime
    changed_at: datetime

    @classmethod
    def from_record(cls, account: AccountRecord, assets: Assets) -> Self:
        """As staff see it."""
        asset = assets[account.asset]
        return cls.of(
            account.standing,
            assets,
            book=account.book,
            shard=account.shard,
            normal="credit" if account.normal == 1 else "debit",
            state=account.state,
            floor=None if account.floor is None else money(account.floor, asset),
            ceiling=None if account.ceiling is None else money(account.ceiling, asset),
            debits=money(account.debits_posted, asset),
            credits=money(account.credits_posted, asset),
            opened_at=account.opened_at,
            changed_at=account.changed_at,
        )


class ChangeOut(BaseModel):
    """Who changed an account's state or bounds, why, and how it was afterwards."""

    change_id: UUID
    changed_at: datetime
    state: str
    floor: MoneyOut | None
    ceiling: MoneyOut | None
    by: str
    reason: str

    @classmethod
    def of(cls, change: AccountChange, code: str, assets: Assets) -> Self:
        """As staff see it."""
        return cls(
            change_id=change.change_id,
            changed_at=change.changed_at,
            state=change.state,
            floor=None if change.floor is None else money(change.floor, assets[code]),
            ceiling=None if change.ceiling is None else money(change.ceiling, assets[code]),
            by=change.by,
            reason=change.reason,
        )


class ChangeIn(In):
    """Another state, or other bounds (`null` takes one away), not both at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "freeze", "reason": "Ticket 4711"}]})

    state: Literal["freeze_in", "freeze_out", "freeze", "unfreeze", "close", "reopen"] | None = None
    floor: SignedAmount | None = None
    ceiling: SignedAmount | None = None
    reason: ReasonText

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.state is not None) is bool({"floor", "ceiling"} & self.model_fields_set):
            raise ValueError("give a state, or floor and ceiling")
        return self

    def command(self, asked: Asked, address: str, asset: str, amounts: Amounts) -> AmendAccount:
        """As the book takes it."""

        def bound(name: str) -> int | Literal["none"] | None:
            if name not in self.model_fields_set:
                return None
            amount: str | None = getattr(self, name)
            return "none" if amount is None else amounts.units(amount, asset)

        return AmendAccount(
            change_id=asked.object_id,
            address=address,
            asset=asset,
            state=self.state,
            floor=bound("floor"),
            ceiling=bound("ceiling"),
            by=str(asked.who.user_id),
            reason=self.reason,
        )


class ChangedOut(BaseModel):
    """How far the change is. What opens an account up is `in_review` until somebody else has granted it."""

    change_id: UUID
    state: Literal["in_review", "pending", "settled", "refused"]
    approval_id: UUID | None
    account: StaffAccountOut


async def _filter(
    prefix: Annotated[
        str | None, Query(pattern=PREFIX, max_length=120, description="How their addresses begin.")
    ] = None,
    asset: AssetCode | None = None,
    book: Annotated[str | None, Query(pattern=BOOK, description="Of this book.")] = None,
) -> AccountFilter:
    return AccountFilter(prefix, asset, book)


FilterQuery = Annotated[AccountFilter, Depends(_filter)]


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes an account that they have seen, and under which key."""

    who: Principal
    key: str
    seen: int | None
    response: Response


async def _change(who: Keeper, key: IdempotencyKey, response: Response, if_match: IfMatch = None) -> Change:
    return Change(who, key, _seen(if_match), response)


ChangeSent = Annotated[Change, Depends(_change)]
CHANGING = """
Freeze, close, unfreeze, reopen or bound an account.

Freezing and closing are done at once. Unfreezing, reopening and new bounds are `in_review` until somebody
else has granted them. Freezing is for compliance, operators, treasurers and admins, unfreezing for
compliance and admins, the rest for operators, treasurers and admins; never an account of the investor that
the same login acts for.

Refuses: `ledger.account_unknown`, `ledger.account_stale` (412, with `If-Match`), `ledger.account_not_empty`,
`ledger.balance_out_of_bounds`, `ledger.entry_unsound` (the amount does not fit), `idempotency_key_reused`.
"""


def routes(desk: Desk) -> APIRouter:
    """All below `/accounts`."""
    router = APIRouter(prefix="/accounts")

    @router.get("")
    async def accounts(_: Staff, page: PageQuery, only: FilterQuery) -> Listed[StaffAccountOut]:
        """Accounts, as they were opened."""
        shown, following, total = await desk.directory.accounts(only, page)
        assets, cursor = await desk.reading.assets(), None if following is None else encode_cursor(following)
        rows = [StaffAccountOut.from_record(one, assets) for one in shown]
        return listed(rows, page, next_cursor=cursor, total=total)

    @router.get("/{address}/{asset}", responses={200: TAGGED})
    async def account(
        _: Staff, address: AddressPath, asset: AssetPath, response: Response
    ) -> Success[StaffAccountOut]:
        """One account, with the number of its changes as the ETag. Refuses: `ledger.account_unknown`."""
        found, changes = await desk.directory.account(address, asset)
        response.headers["ETag"] = f'"{changes}"'
        return ok(StaffAccountOut.from_record(found, await desk.reading.assets()))

    @router.get("/{address}/{asset}/changes")
    async def changes(_: Staff, address: AddressPath, asset: AssetPath, page: PageQuery) -> Listed[ChangeOut]:
        """What was changed of its state and bounds, newest first. Refuses: `ledger.account_unknown`."""
        shown, following = await desk.directory.changes(address, asset, page)
        assets, cursor = await desk.reading.assets(), None if following is None else encode_cursor(following)
        return listed([ChangeOut.of(one, asset, assets) for one in shown], page, next_cursor=cursor)

    @router.patch("/{address}/{asset}", responses={200: CHANGED}, description=CHANGING)
    async def change(
        address: AddressPath, asset: AssetPath, body: ChangeIn, sent: ChangeSent
    ) -> Success[ChangedOut]:
        """Freeze, close, unfreeze, reopen or bound an account."""
        told = {"address": address, "asset": asset, **body.model_dump(mode="json", exclude_unset=True)}
        asked = Asked(sent.who, "account_change", sent.key, body.reason, told)
        amounts = Amounts(await desk.reading.assets(), {})
        return await _changed(desk, asked, body.command(asked, address, asset, amounts), sent)

    return router


async def _changed(desk: Desk, asked: Asked, command: AmendAccount, sent: Change) -> Success[ChangedOut]:
    reached, is_repeat = await desk.control.amend(asked, command, sent.seen)
    account, changes = await desk.directory.account(command.address, command.asset or "")
    sent.response.headers["ETag"] = f'"{changes}"'
    if is_repeat:
        sent.response.headers["Idempotent-Replayed"] = "true"
    return ok(
        ChangedOut(
            change_id=asked.object_id,
            state="settled" if reached is None else reached.state,
            approval_id=None if reached is None else reached.approval.approval_id,
            account=StaffAccountOut.from_record(account, await desk.reading.assets()),
        )
    )


def _seen(if_match: str | None) -> int | None:
    """How many changes were seen; None when any will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = ETAG.match(if_match.strip())
    return int(found[2]) if found else NEVER
