"""What a call to Kraken asks: how assets and numbers in it are read."""

from capitalino.sandbox import kraken_shapes as shapes
from capitalino.sandbox.binance_asked import Asked
from capitalino.sandbox.kraken_refusals import UNKNOWN_ASSET, KrakenRefusal, wrong


def whole(asked: Asked, name: str, default: int) -> int:
    """A whole number."""
    value = asked.get(name, str(default))
    if not value.isdecimal():
        raise wrong(name)
    return int(value)


def asset_of(asked: Asked) -> str:
    """An asset by any of its names there."""
    name = asked.get("asset", "")
    if name not in shapes.ASSETS:
        raise KrakenRefusal(UNKNOWN_ASSET)
    return shapes.ASSETS[name]
