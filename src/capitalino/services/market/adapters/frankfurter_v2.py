"""Frankfurter, version 2: a list of `{date, base, quote, rate}`, each with a day of its own."""

from capitalino.services.market.adapters.believed import day_at, json_of, sheet
from capitalino.services.market.adapters.port import malformed
from capitalino.services.market.domain.rates import Sheet

BASE = "EUR"
PROVIDER = "ECB"
"""Its own blend mixes banks that publish at other hours; this one's rates we know the hours of."""


def read(content: bytes) -> Sheet:
    """What it says of the newest day. A currency that was told for the last time before that is left out."""
    rows = json_of(content)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise malformed("The answer is no list of rates.")
    days = [day_at(row.get("date")) for row in rows]
    bases = {str(row.get("base")) for row in rows}
    newest = [row for row, day in zip(rows, days, strict=True) if day == max(days)]
    if bases != {BASE}:
        raise malformed(f"The answer is not told in {BASE}.")
    return sheet(BASE, BASE, max(days), ((row.get("quote"), row.get("rate")) for row in newest))
