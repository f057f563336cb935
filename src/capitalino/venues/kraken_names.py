"""How Kraken writes assets, pairs and instants."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from capitalino.venues.port import Pair
from capitalino.venues.replies import EPOCH

OLD_NAMES = {
    "XXBT": "BTC",
    "XBT": "BTC",
    "XXDG": "DOGE",
    "XDG": "DOGE",
    **{f"X{name}": name for name in ("ETC", "ETH", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC")},
    **{f"Z{name}": name for name in ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")},
}
"""The assets of the first years have a letter before their name, or a name of their own."""
MAIN_METHODS = {"BTC": "Bitcoin", "ETH": "Ether (Hex)", "LTC": "Litecoin", "USDT": "Tether USD (ERC20)"}
"""How an asset is sent that can be sent in several ways."""
NEW_NAMES = {"BTC": "XBT", "DOGE": "XDG"}


def asset(name: str) -> str:
    """What Kraken calls so, by its usual name."""
    return OLD_NAMES.get(name, name)


def kraken_asset(asset: str) -> str:
    """An asset by the name under which Kraken takes it."""
    return NEW_NAMES.get(asset, asset)


def kraken_pair(pair: Pair) -> str:
    """A pair by the name under which Kraken takes it."""
    return kraken_asset(pair.base) + kraken_asset(pair.quote)


def instant(seconds: Decimal) -> datetime:
    """Seconds since 1970 as an instant."""
    return EPOCH + timedelta(microseconds=int(seconds * 10**6))


def whole_seconds(instant: datetime) -> int:
    """An instant in whole seconds since 1970."""
    return (instant - EPOCH) // timedelta(seconds=1)


def listed(pairs: Iterable[Pair]) -> str:
    """Pairs by the names under which Kraken takes them."""
    return ",".join(kraken_pair(pair) for pair in pairs)
