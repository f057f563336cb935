"""Frankfurter, version 1: the European Central Bank's rates as `{amount, base, date, rates}`."""

from capitalino.services.market.adapters.believed import day_at, json_object, sheet
from capitalino.services.market.adapters.port import malformed
from capitalino.services.market.domain.rates import Sheet

BASE = "EUR"


def read(content: bytes) -> Sheet:
    """What it says of one euro. An answer about another amount would be wrong by that factor."""
    told = json_object(content)
    rates = told.get("rates")
    if not isinstance(rates, dict) or told.get("amount") != 1 or isinstance(told.get("amount"), bool):
        raise malformed("The answer does not tell the rates of one euro.")
    return sheet(told.get("base"), BASE, day_at(told.get("date")), rates.items())
