"""From amounts as people write them to units, in the decimals of the asset that they are of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from capitalino.money import Asset, Money, MoneyMixed
from capitalino.services.ledger.errors.accounts import AssetUnknown
from capitalino.services.ledger.errors.entries import EntryUnknown, EntryUnsound, NotPart


@dataclass(frozen=True, slots=True)
class Amounts:
    """Knows the assets of the book, and in which asset each posting of some entries is."""

    assets: Mapping[str, Asset]
    moved: Mapping[UUID, Sequence[str | None]]

    def asset(self, code: str) -> Asset:
        """AssetUnknown for what the book does not keep."""
        found = self.assets.get(code)
        if found is None:
            raise AssetUnknown("The book keeps no such asset.", asset=code)
        return found

    def units(self, amount: str, code: str) -> int:
        """Units of an asset, a minus allowed. EntryUnsound: too many decimals, or too much to be counted."""
        try:
            return Money.parse(amount, self.asset(code)).units
        except MoneyMixed as error:
            raise EntryUnsound("The amount does not fit its asset.", amount=amount, asset=code) from error

    def moving(self, amount: str, code: str) -> int:
        """The same for what moves: more than nothing."""
        units = self.units(amount, code)
        if units <= 0:
            raise EntryUnsound("A posting moves more than nothing.", amount=amount, asset=code)
        return units

    def part(self, entry_id: UUID, number: int, amount: str) -> int:
        """Units of a posting (from 1) of an entry, in that posting's own asset."""
        assets = self.moved.get(entry_id)
        if assets is None:
            raise EntryUnknown("There is no such entry.", entry_id=str(entry_id))
        code = assets[number - 1] if number <= len(assets) else None
        if code is None:
            raise NotPart("That is not a part of it.", entry_id=str(entry_id), number=number)
        return self.moving(amount, code)
