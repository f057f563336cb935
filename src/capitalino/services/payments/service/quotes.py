"""Quotes: an offer from the market's price, the spread and the fee, locked for a while."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from capitalino.contracts.market.api import FindPrice, MarketPrices, Price
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.ids import new_id
from capitalino.money import ASSETS, Asset, Money, MoneyMixed
from capitalino.services.payments.domain import Priced, Quote, Side, Terms, Wanted, price, rates
from capitalino.services.payments.errors import (
    AmountInvalid,
    AmountTooLarge,
    AmountTooSmall,
    AssetUnknown,
    PairUnsupported,
)
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.services.payments.store import quotes as store


class Quotes:
    """Makes offers."""

    def __init__(self, db: Database, market: MarketPrices, settings: PaymentsSettings, clock: Clock) -> None:
        self._db, self._market, self._settings, self._clock = db, market, settings, clock
        self._terms = Terms(settings.spread, settings.fee)

    async def offer(self, investor_id: UUID, pair: tuple[str, str], amount: str, wanted: Wanted) -> Quote:
        """An offer to exchange `pair` (from, to), kept and locked until it expires."""
        quote, found = await self.draft(investor_id, pair, amount, wanted)
        async with self._db.begin() as tx:
            await self.keep(tx, quote, found)
        return quote

    async def draft(
        self, investor_id: UUID, pair: tuple[str, str], amount: str, wanted: Wanted
    ) -> tuple[Quote, Price]:
        """The same, with the price that it is made from, and not kept yet."""
        taken, given = _asset(pair[0]), _asset(pair[1])
        base, quoted, side = _instrument(taken, given)
        money = _amount(amount, taken if wanted is Wanted.EXACT_IN else given)
        found = await self._price(base, quoted)
        other = given if wanted is Wanted.EXACT_IN else taken
        priced = price(money, other, wanted, rates(found.mid, side, self._terms), self._terms)
        self._check_size(priced, quoted)
        expires_at = self._clock.now() + timedelta(seconds=self._settings.quote_ttl_s)
        return Quote(new_id(), investor_id, priced, (base.code, quoted.code), side, expires_at), found

    @staticmethod
    async def keep(tx: Tx, quote: Quote, found: Price) -> None:
        """Write an offer down, with the sources of its price."""
        await store.add(tx, quote, ",".join(found.sources), found.at)

    async def _price(self, base: Asset, quoted: Asset) -> Price:
        try:
            return await self._market.find_price(FindPrice(base=base.code, quote=quoted.code))
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
