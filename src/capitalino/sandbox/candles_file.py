"""Read candles from a file: whatever form a downloaded one has, told apart by what stands in it."""

import csv
import gzip
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import IO

from capitalino.sandbox.when import EPOCH

GZIP = b"\x1f\x8b"
PRICES = ("open", "high", "low", "close")
TIMES = ("unix", "unix timestamp", "open_time", "open time", "timestamp", "time", "datetime", "date", "")
"""What the column of instants is called, the most exact first; some have no name for it."""
SYMBOLS = ("symbol", "ticker", "stock", "pair")
WITHOUT_HEADER = "time, open, high, low, close, and what else there is (as Binance's and Kraken's files)"
WITH_HEADER = "a header that names a time, open, high, low and close"
PER_SECOND = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))
"""Seconds, milliseconds, microseconds, nanoseconds: of today's instants their size tells which."""
FORMS = ("%Y-%m-%d %I-%p", "%Y-%m-%d %H-%M", "%m/%d/%Y %H:%M", "%m/%d/%Y")
"""Besides those of ISO 8601: CryptoDataDownload wrote `2019-10-17 09-AM` for years."""


class NotCandles(Exception):
    """The file is none of candles. Says which line, and what was expected there."""


@dataclass(frozen=True, slots=True)
class Candle:
    """One row."""

    at_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class Candles:
    """All rows, oldest first, and which symbol the file says that they are of, if it does."""

    symbol: str
    rows: tuple[Candle, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row to look."""

    time: int
    prices: tuple[int, ...]
    symbol: int | None = None


def read_candles(path: Path, base: str = "") -> Candles:
    """The candles of a file. Of one with several assets side by side, those of `base`."""
    try:
        with _opened(path) as lines:
            return _read(lines, base)
    except (NotCandles, OSError, EOFError, UnicodeDecodeError, csv.Error) as wrong:
        why = "it is no text" if isinstance(wrong, UnicodeDecodeError) else str(wrong)
        raise NotCandles(f"{path}: {why}") from None


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as file:
        is_packed = file.read(2) == GZIP
    return (gzip.open if is_packed else open)(path, "rt", encoding="utf-8-sig", newline="")


def _read(lines: IO[str], base: str) -> Candles:
    columns: Columns | None = None
    found: list[Candle] = []
    symbols: set[str] = set()
    reader = csv.reader(lines)
    for row in reader:
        number = reader.line_num
        # CryptoDataDownload begins with its own address.
        if not any(row) or (columns is None and len(row) == 1 and "://" in row[0]):
            continue
        if columns is None:
            columns = _columns(row, number, base)
            if _millis(row[columns.time]) is None:
                continue
        # Where several assets stand side by side, the younger ones begin with empty places.
        if len(row) > max(columns.prices) and not any(row[place] for place in columns.prices):
            continue
        found.append(_candle(row, columns, number))
        if columns.symbol is not None:
            symbols.add(row[columns.symbol])
            if len(symbols) > 1:
                raise NotCandles(
                    f"line {number}: candles of one symbol expected, not also {row[columns.symbol]!r}"
                )
    if len(found) < 2:
        raise NotCandles(f"at least two candles expected, found {len(found)}; a row is {WITHOUT_HEADER}")
    return Candles(next(iter(symbols), ""), _in_order(found))


def _columns(row: list[str], number: int, base: str) -> Columns:
    """From the first row: the names in it, or the order of the fields that all files without names have."""
    if len(row) >= 5 and _millis(row[0]) is not None and all(_number(text) for text in row[1:5]):
        return Columns(0, (1, 2, 3, 4))
    names = [name.strip().strip('"').lower() for name in row]
    prices = _named_prices(names, base.lower())
    time = next((names.index(name) for name in TIMES if name in names), None)
    if prices is None or time is None:
        raise NotCandles(f"line {number}: {WITH_HEADER} expected, or {WITHOUT_HEADER}")
    return Columns(time, prices, next((names.index(name) for name in SYMBOLS if name in names), None))


def _named_prices(names: list[str], base: str) -> tuple[int, ...] | None:
    """`open`, or `BTC:open`, or `AAPL.Open`: of several prefixes that of the base asset, else the first."""
    ends = {name: name.replace(".", ":").rpartition(":")[::2] for name in names}
    prefixes = [prefix for prefix, word in ends.values() if word == "open"]
    if not prefixes:
        return None
    prefix = base if base in prefixes else prefixes[0]
    with suppress(StopIteration):
        return tuple(
            next(i for i, name in enumerate(names) if ends[name] == (prefix, word)) for word in PRICES
        )
    return None


def _candle(row: list[str], columns: Columns, number: int) -> Candle:
    if len(row) <= max(columns.time, *columns.prices):
        raise NotCandles(
            f"line {number}: {max(columns.prices) + 1} fields or more expected, found {len(row)}"
        )
    at_ms = _millis(row[columns.time])
    if at_ms is None:
        raise NotCandles(f"line {number}: an instant expected, not {row[columns.time]!r}")
    prices = []
    for name, place in zip(PRICES, columns.prices, strict=True):
        price = _number(row[place])
        if price is None:
            raise NotCandles(f"line {number}: a price above nought expected for {name}, not {row[place]!r}")
        prices.append(price)
    opened, high, low, closed = prices
    if not low <= min(opened, closed) <= max(opened, closed) <= high:
        raise NotCandles(f"line {number}: open and close expected between low {low} and high {high}")
    return Candle(at_ms, opened, high, low, closed)


def _in_order(found: list[Candle]) -> tuple[Candle, ...]:
    """Oldest first; some files have the newest first."""
    rows = found if found[0].at_ms < found[-1].at_ms else found[::-1]
    for before, after in pairwise(rows):
        if after.at_ms <= before.at_ms:
            at = EPOCH + timedelta(milliseconds=after.at_ms)
            raise NotCandles(f"each candle expected once and in order; that of {at:%Y-%m-%d %H:%M} is not")
    return tuple(rows)


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None


def _millis(text: str) -> int | None:
    """The instant, written in whichever way; without a zone it is UTC."""
    text = text.strip()
    figure = _number(text)
    if figure is not None:
        scale = next((scale for limit, scale in PER_SECOND if figure < limit), None)
        return None if scale is None or figure < 10**8 else int(figure * 1000 / scale)
    at = _instant(text)
    if at is None:
        return None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def _instant(text: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    for form in FORMS:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return None


def names(path: Path) -> Iterator[str]:
    """The words in a file's name, such as `BTCUSDT` in `BTCUSDT-1m-2024-01.csv`."""
    word = ""
    for letter in f"{path.name.upper()}.":
        if letter.isalpha():
            word += letter
        elif word:
            yield word
            word = ""
