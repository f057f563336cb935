"""Quotes: an offer from the market's price, the spread and the fee, locked for a while."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from capitalino.contracts.market.api import FindPrice, MarketPrices, Price
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import AppError, Kind, PeerUnavailable
from capitalino.kit.ids import new_id
from capitalino.money import ASSETS, Asset, Money, MoneyMixed
from capitalino.services.payments.domain.evaluation import Evaluation, Sourced, roundings
from capitalino.services.payments.domain.payments import Priced, Quote, Side, Wanted, price, rates
from capitalino.services.payments.domain.switches import Flow
from capitalino.services.payments.errors.payments import (
    AmountInvalid,
    AmountTooLarge,
    AmountTooSmall,
    AssetUnknown,
    PairUnsupported,
)
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.services.payments.store import quotes as store
from capitalino.services.payments.store import terms as terms_store


@dataclass(frozen=True, slots=True)
class Draft:
    """An offer that is not kept yet, and all that it was made from."""

    quote: Quote
    evaluation: Evaluation


class Quotes:
    """Makes offers."""

    def __init__(
        self, db: Database, market: MarketPrices, gate: Gate, settings: PaymentsSettings, clock: Clock
    ) -> None:
        self._db, self._market, self._gate = db, market, gate
        self._settings, self._clock = settings, clock

    async def offer(self, investor_id: UUID, pair: tuple[str, str], amount: str, wanted: Wanted) -> Quote:
        """An offer to exchange `pair` (from, to), kept and locked until it expires."""
        draft = await self.draft(investor_id, pair, amount, wanted)
        async with self._db.begin() as tx:
            await self._gate.check(tx, Flow.CONVERSION, pair)
            await self.keep(tx, draft)
        return draft.quote

    async def draft(
        self,
        investor_id: UUID,
        pair: tuple[str, str],
        amount: str,
        wanted: Wanted,
        *,
        price_within_s: float | None = None,
    ) -> Draft:
        """The same, not kept yet: at the price of now and by the price list of now."""
        taken, given = _asset(pair[0]), _asset(pair[1])
        base, quoted, side = _instrument(taken, given)
        money = _amount(amount, taken if wanted is Wanted.EXACT_IN else given)
        async with self._db.begin() as tx:
            await self._gate.check(tx, Flow.CONVERSION, pair)
            listed = await terms_store.current(tx, base.code, quoted.code)
        found = await self._price(base, quoted, price_within_s)
        other = given if wanted is Wanted.EXACT_IN else taken
        priced = price(money, other, wanted, rates(found.mid, side, listed.terms), listed.terms)
        self._check_size(priced, quoted)
        expires_at = self._clock.now() + timedelta(seconds=self._settings.quote_ttl_s)
        quote = Quote(new_id(), investor_id, priced, (base.code, quoted.code), side, expires_at)
        rounded = roundings(money, other, wanted, priced, listed.terms)
        return Draft(quote, Evaluation(wanted, money, _sourced(found), listed, rounded))

    @staticmethod
    async def keep(tx: Tx, draft: Draft) -> None:
        """Write an offer down, with how it came about."""
        found = draft.evaluation.price
        await store.add(tx, draft.quote, ",".join(found.sources), found.at, draft.evaluation.document())

    async def _price(self, base: Asset, quoted: Asset, within_s: float | None) -> Price:
        try:
            async with asyncio.timeout(within_s):
                return await self._market.find_price(FindPrice(base=base.code, quote=quoted.code))
        except TimeoutError as error:
            raise PeerUnavailable("The price did not come in time.") from error
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            raise _unsupported(base, quoted) from error

    def _check_size(self, priced: Priced, quoted: Asset) -> None:
        size = priced.gross if priced.given.asset == quoted else priced.taken
        if priced.given.units <= 0 or size.units < _units(self._settings.quote_asset_min, quoted):
            raise AmountTooSmall(
                "That is too little to exchange.", minimum=str(self._settings.quote_asset_min)
            )
        if size.units > _units(self._settings.quote_asset_max, quoted):
            raise AmountTooLarge(
                "That is too much for one exchange.", maximum=str(self._settings.quote_asset_max)
            )


def _sourced(found: Price) -> Sourced:
    return Sourced(found.bid, found.ask, found.mid, found.at, found.age_ms, found.sources)


def _units(whole: Decimal, asset: Asset) -> int:
    return int(whole.scaleb(asset.scale))


def _asset(code: str) -> Asset:
    if code not in ASSETS:
        raise AssetUnknown("We do not keep this asset.", asset=code)
    return ASSETS[code]


def _amount(text: str, asset: Asset) -> Money:
    try:
        money = Money.parse(text, asset)
    except MoneyMixed as error:
        raise AmountInvalid(str(error), asset=asset.code, scale=asset.scale) from error
    if money.units <= 0:
        raise AmountInvalid("The amount must be more than nothing.", asset=asset.code)
    return money


def _instrument(taken: Asset, given: Asset) -> tuple[Asset, Asset, Side]:
    """The instrument to trade and on which side: base, quote, side."""
    if taken.kind == "crypto" and given.kind == "fiat":
        return taken, given, "sell"
    if taken.kind == "fiat" and given.kind == "crypto":
        return given, taken, "buy"
    raise _unsupported(taken, given)


def _unsupported(one: Asset, other: Asset) -> PairUnsupported:
    return PairUnsupported(
        f"{one.code} and {other.code} are not exchanged directly.", assets=[one.code, other.code]
    )
