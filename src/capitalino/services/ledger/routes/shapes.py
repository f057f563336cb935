"""What several routes of the ledger read and answer with."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from capitalino.contracts.ledger.api import Address, Balance, EntryOutcome
from capitalino.contracts.money_wire import AssetCode, MoneyOut
from capitalino.kit.auth import Principal, may
from capitalino.money import Asset, Money
from capitalino.services.ledger.domain import Standing
from capitalino.services.ledger.service.directory import LineRecord, PostingRecord

ADDRESS = "investor:0190a4d2-7b1c-7000-8a00-000000000001:cash"
"""For examples: it is nobody's."""
Assets = Mapping[str, Asset]
Axis = Annotated[
    Literal["recorded", "effective"],
    Query(
        description="`recorded`: as the book knew it then; `effective`: by what is known now, back-dated too."
    ),
]
AddressPath = Annotated[Address, Path(examples=[ADDRESS])]
AssetPath = Annotated[AssetCode, Path(examples=["EUR"])]
Mover = Annotated[Principal, may("operator", "treasurer", "admin")]
"""Whoever may ask for what moves money."""
DryRun = Annotated[bool, Query(description="Only say what would become of it: nothing is written or spent.")]
REPLAYED = {
    "headers": {
        "Idempotent-Replayed": {
            "description": "`true` when this key was used before: nothing new was begun.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    }
}
BOOK = r"^[a-z][a-z0-9_-]{0,30}$"
WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
PRINTED = r"^[^\x00-\x1f\x7f]+$"


def _written(value: Any) -> Any:
    if not isinstance(value, str) or not WRITTEN.match(value):
        raise ValueError("a time is written as text: 2026-03-20T12:00:00Z")
    return value


Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    BeforeValidator(_written),
]
"""A time in a request. Left to itself, pydantic would take a number for seconds since 1970."""
ReasonText = Annotated[
    str,
    Field(
        min_length=3,
        max_length=300,
        pattern=PRINTED,
        examples=["Ticket 4711: deposit credited twice"],
        description="Why: it is kept in the audit log. No personal data.",
    ),
]
MetadataIn = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")],
        Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")],
    ],
    Field(max_length=20, description="Ids and codes, no personal data.", examples=[{"ticket": "4711"}]),
]


class In(BaseModel):
    """What a request carries: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StandingOut(BaseModel):
    """An account's balance: `available` may still leave, `held` is set aside, `incoming` is held for it."""

    address: str
    asset: str
    posted: MoneyOut
    available: MoneyOut
    held: MoneyOut
    incoming: MoneyOut
    version: int

    @classmethod
    def of(cls, standing: Standing | Balance, assets: Assets, **more: Any) -> Self:
        """With the asset's decimals."""
        asset = assets[standing.asset]
        return cls(
            address=standing.address,
            asset=standing.asset,
            posted=money(standing.posted, asset),
            available=money(standing.posted - standing.held_out, asset),
            held=money(standing.held_out, asset),
            incoming=money(standing.held_in, asset),
            version=standing.version,
            **more,
        )


class EntryLineOut(StandingOut):
    """One account's side of a posting: a minus stands in front of what left, 0 when only a hold changed."""

    amount: MoneyOut

    @classmethod
    def from_line(cls, line: LineRecord, assets: Assets) -> Self:
        """With the asset's decimals."""
        asset = assets[line.standing.asset]
        return cls.of(line.standing, assets, amount=money(line.units, asset))


class PostingOut(BaseModel):
    """From where to where. Of a refused entry an account may be unknown, and then the amount too.

    Whose addresses are not one's own are shown to investors by their first word only.
    """

    number: int
    source: str | None
    destination: str | None
    amount: MoneyOut | None
    reversed: MoneyOut | None
    """What reversals have taken back of it."""

    @classmethod
    def of(cls, posting: PostingRecord, assets: Assets) -> Self:
        """With the asset's decimals."""
        asset = assets.get(posting.asset or "")
        return cls(
            number=posting.number,
            source=posting.source,
            destination=posting.destination,
            amount=None if asset is None else money(posting.units, asset),
            reversed=None if asset is None else money(posting.reversed, asset),
        )


class OutcomeOut(BaseModel):
    """What became of one entry, or would become of it now. `unknown`: not in the book yet."""

    entry_id: UUID
    state: Literal["accepted", "repeated", "refused", "unknown"]
    code: str | None
    recorded_at: datetime | None
    balances: list[StandingOut] | None
    """After it, of the accounts that it touched; null where they were not asked for again."""

    @classmethod
    def of(cls, outcome: EntryOutcome, assets: Assets) -> Self:
        """With the assets' decimals."""
        balances = outcome.balances
        return cls(
            entry_id=outcome.entry_id,
            state=outcome.state,
            code=outcome.code,
            recorded_at=outcome.recorded_at,
            balances=None if balances is None else [StandingOut.of(one, assets) for one in balances],
        )


def money(units: int, asset: Asset) -> MoneyOut:
    """As it is written."""
    return MoneyOut.of(Money(units, asset))
