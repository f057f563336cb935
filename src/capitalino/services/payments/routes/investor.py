"""Payments for investors: read the request, call the service, wrap the answer."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from capitalino.contracts.money_wire import AmountText, AssetCode, MoneyOut
from capitalino.kit.auth import Fresh, Investor, Principal, Scope, investor_or_key
from capitalino.kit.http import IdempotencyKey, Listed, Success, listed, ok
from capitalino.kit.idempotency import Key
from capitalino.kit.message import Rate
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.payments.domain.payments import Conversion, Deposit, DepositAddress, Quote, Wanted
from capitalino.services.payments.routes.shapes import ONCE, In, PaymentState, told_as
from capitalino.services.payments.service.conversions import Conversions, Order
from capitalino.services.payments.service.deposits import Deposits
from capitalino.services.payments.service.quotes import Quotes

Trader = Annotated[Principal, investor_or_key(Scope.TRADE)]
"""An investor, or an API key of one that may trade."""


class QuoteIn(In):
    """What to exchange: the amount is what leaves (exact_in) or what arrives (exact_out)."""

    from_asset: AssetCode
    to_asset: AssetCode
    amount: AmountText
    side: Wanted = Wanted.EXACT_IN


class ConversionIn(In):
    """A quote that you hold; or what to exchange, at the price of now."""

    quote_id: UUID | None = None
    from_asset: AssetCode | None = None
    to_asset: AssetCode | None = None
    amount: AmountText | None = None
    side: Wanted = Wanted.EXACT_IN

    @model_validator(mode="after")
    def _either(self) -> Self:
        whole = None not in (self.from_asset, self.to_asset, self.amount)
        none = self.from_asset is self.to_asset is self.amount is None
        if (self.quote_id is None and not whole) or (self.quote_id is not None and not none):
            raise ValueError("give a quote_id, or from_asset, to_asset and amount")
        return self

    def order(self) -> Order:
        """As the service takes it."""
        return Order(
            self.quote_id, (self.from_asset or "", self.to_asset or ""), self.amount or "", self.side
        )


class QuoteOut(BaseModel):
    """An offer, every cost shown."""

    model_config = ConfigDict(populate_by_name=True)

    quote_id: UUID
    state: Literal["open", "used"]
    from_: Annotated[MoneyOut, Field(alias="from")]
    to: MoneyOut
    fee: MoneyOut
    spread: MoneyOut
    rate: Rate
    mid: Rate
    expires_at: datetime

    @classmethod
    def of(cls, quote: Quote) -> Self:
        """From the domain."""
        priced = quote.priced
        return cls(
            quote_id=quote.quote_id,
            state="used" if quote.used_by else "open",
            from_=MoneyOut.of(priced.taken),
            to=MoneyOut.of(priced.given),
            fee=MoneyOut.of(priced.fee),
            spread=MoneyOut.of(priced.spread),
            rate=priced.rate,
            mid=priced.mid,
            expires_at=quote.expires_at,
        )


class StepOut(BaseModel):
    """One step that was done."""

    step: str
    at: datetime


class ConversionOut(BaseModel):
    """How far a conversion is."""

    model_config = ConfigDict(populate_by_name=True)

    conversion_id: UUID
    state: PaymentState
    from_: Annotated[MoneyOut, Field(alias="from")]
    to: MoneyOut
    fee: MoneyOut
    rate: Rate
    reason: str | None
    created_at: datetime
    settled_at: datetime | None
    timeline: list[StepOut]

    @classmethod
    def of(cls, conversion: Conversion) -> Self:
        """From the domain."""
        priced = conversion.quote.priced
        return cls(
            conversion_id=conversion.conversion_id,
            state=conversion.state.value,
            from_=MoneyOut.of(priced.taken),
            to=MoneyOut.of(priced.given),
            fee=MoneyOut.of(priced.fee),
            rate=priced.rate,
            reason=conversion.reason,
            created_at=conversion.created_at,
            settled_at=conversion.settled_at,
            timeline=[StepOut(step=step, at=at) for step, at in conversion.timeline],
        )


class DepositAddressIn(In):
    """Which asset is to arrive."""

    asset: AssetCode


class DepositAddressOut(BaseModel):
    """Where to send it. The tag says whose it is: a transfer without it has to be looked for by people."""

    asset: str
    network: str
    address: str
    tag: str

    @classmethod
    def of(cls, address: DepositAddress) -> Self:
        """From the domain."""
        return cls(
            asset=address.asset.code, network=address.network, address=address.address, tag=address.tag
        )


class DepositOut(BaseModel):
    """What arrived."""

    deposit_id: UUID
    state: PaymentState
    amount: MoneyOut
    rail: str
    seen_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, deposit: Deposit) -> Self:
        """From the domain."""
        return cls(
            deposit_id=deposit.deposit_id,
            state=deposit.state.value,
            amount=MoneyOut.of(deposit.money),
            rail=deposit.rail,
            seen_at=deposit.seen_at,
            settled_at=deposit.settled_at,
        )


def routes(quotes: Quotes, conversions: Conversions, deposits: Deposits) -> APIRouter:
    """Quotes, conversions and deposits of one's own."""
    router = APIRouter()

    @router.post("/quotes", status_code=201, tags=["quotes"])
    async def quote(body: QuoteIn, who: Trader) -> Success[QuoteOut]:
        """Lock an offer for an exchange."""
        pair = (body.from_asset, body.to_asset)
        return ok(QuoteOut.of(await quotes.offer(who.investor, pair, body.amount, body.side)))

    @router.post("/conversions", tags=["conversions"], **ONCE)
    async def convert(
        body: ConversionIn, who: Trader, fresh: Fresh, key: IdempotencyKey, response: Response
    ) -> Success[ConversionOut]:
        """Exchange, by a quote or at the price of now. Answers within two seconds with the state reached.

        A large one needs a factor that was proved within ten minutes: `step_up_needed` says so.
        """
        claim = Key(who.investor, "conversion", key, body.model_dump(mode="json"))
        order = replace(body.order(), fresh=fresh)
        conversion, is_repeat = await conversions.convert(who.investor, claim, order)
        told_as(response, is_repeat=is_repeat)
        return ok(ConversionOut.of(conversion))

    @router.get("/conversions", tags=["conversions"])
    async def list_conversions(who: Investor, page: PageQuery) -> Listed[ConversionOut]:
        """Your conversions, the newest first."""
        rows = await conversions.page(who.investor, page)
        cursor = encode_cursor(rows[-1][0]) if len(rows) == page.limit else None
        return listed([ConversionOut.of(one) for _, one in rows], page, next_cursor=cursor)

    @router.get("/conversions/{conversion_id}", tags=["conversions"])
    async def read_conversion(conversion_id: UUID, who: Investor) -> Success[ConversionOut]:
        """One conversion, with its steps."""
        return ok(ConversionOut.of(await conversions.find(who.investor, conversion_id)))

    @router.post("/deposit-addresses", status_code=201, tags=["deposits"])
    async def deposit_address(body: DepositAddressIn, who: Investor) -> Success[DepositAddressOut]:
        """Where to send an asset; always the same for you."""
        return ok(DepositAddressOut.of(await deposits.address(who.investor, body.asset)))

    @router.get("/deposits", tags=["deposits"])
    async def list_deposits(who: Investor, page: PageQuery) -> Listed[DepositOut]:
        """What arrived for you, the newest first."""
        rows = await deposits.page(who.investor, page)
        cursor = encode_cursor(rows[-1][0]) if len(rows) == page.limit else None
        return listed([DepositOut.of(one) for _, one in rows], page, next_cursor=cursor)

    return router
