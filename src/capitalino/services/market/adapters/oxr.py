"""Open Exchange Rates: `latest.json` with an instant in seconds, at any hour of any day."""

from datetime import UTC, datetime, timedelta

from capitalino.services.market.adapters.believed import json_object, sheet
from capitalino.services.market.adapters.port import malformed
from capitalino.services.market.domain.rates import Sheet

BASE = "USD"
"""The only base that every plan has."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_S = 10**11
"""Later than that is no instant of seconds: milliseconds look so."""


def read(content: bytes) -> Sheet:
    """What it says of one dollar."""
    told = json_object(content)
    rates, second = told.get("rates"), told.get("timestamp")
    if told.get("error") or not isinstance(rates, dict):
        raise malformed("The answer tells no rates.")
    if not isinstance(second, int) or isinstance(second, bool) or not 0 < second < LAST_S:
        raise malformed("The answer names no instant.")
    return sheet(told.get("base"), BASE, EPOCH + timedelta(seconds=second), rates.items())
