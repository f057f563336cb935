"""From bytes to figures that can be true. An answer is believed as a whole or not at all."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from capitalino.services.market.adapters.port import malformed
from capitalino.services.market.domain.bank_days import published_at
from capitalino.services.market.domain.rates import ONE, Sheet, can_be

CODE = re.compile(r"[A-Z]{3}\Z", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
FIGURE = re.compile(r"\d{1,20}(\.\d{1,20})?\Z", re.ASCII)


def json_object(content: bytes) -> dict[str, Any]:
    """The answer as a JSON object."""
    found = json_of(content)
    if not isinstance(found, dict):
        raise malformed("The answer is no JSON object.")
    return found


def json_of(content: bytes) -> Any:
    """The answer as JSON, its figures exact. What JSON does not know (NaN) or says twice is refused."""
    try:
        return json.loads(
            content, parse_float=Decimal, parse_constant=_no_figure, object_pairs_hook=_each_once
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise malformed("The answer is not JSON.") from error


def day_at(text: object) -> datetime:
    """When the rates of a day came out."""
    if not isinstance(text, str) or not DAY.match(text):
        raise malformed("The answer names no day.")
    try:
        return published_at(date.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise malformed("The answer names no day.") from error


def rate_of(told: object) -> Decimal:
    """A figure, as text or as JSON gave it."""
    is_text = isinstance(told, str) and FIGURE.match(told)
    is_whole = isinstance(told, int) and not isinstance(told, bool)
    if is_text or is_whole:
        told = Decimal(str(told))
    if not isinstance(told, Decimal) or not can_be(told):
        raise malformed("A rate is no figure that can be true.")
    return told


def sheet(base: object, expected: str, at: datetime, told: Iterable[tuple[object, object]]) -> Sheet:
    """What was told, if it is told in the base that was asked for, each currency once, and no nonsense."""
    if base != expected:
        raise malformed(f"The answer is not told in {expected}.")
    rates: dict[str, Decimal] = {}
    for code, figure in told:
        if not isinstance(code, str) or not CODE.match(code) or code in rates:
            raise malformed("A currency has no code of its own.")
        rates[code] = rate_of(figure)
    if rates.pop(expected, ONE) != ONE or not rates:
        raise malformed("The answer tells no rates.")
    return Sheet(expected, at, rates)


def _no_figure(constant: str) -> Any:
    raise ValueError(f"{constant} is no figure")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found
