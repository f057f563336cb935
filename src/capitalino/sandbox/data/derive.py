"""Derive `prices.json.gz` from recordings (README.md): `python -m capitalino.sandbox.data.derive FOLDER`."""

import csv
import gzip
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

ASSETS = ("BTC", "ETH", "LTC")
DAYS = "replay/bitstamp_BTC_ETH_LTC_USD_1d.csv.gz"
MINUTES = "replay/btcperp_1m_2022-01.csv.gz"
RATES = "fx/eurofxref-hist.zip"


def derive(folder: Path) -> bytes:
    """The figures of the recordings in `folder`, as the compressed file that the sandbox ships."""
    rows = list(_rows(folder / DAYS))
    rates = _dollars_per_euro(folder / RATES)
    dates = [row[""] for row in rows]
    figures = {
        "from": dates[0],
        "to": dates[-1],
        "usd_per_eur": _deltas([_at(rates, date, 10_000) for date in dates]),
        "days": {asset: _days(rows, asset) for asset in ASSETS},
        "btc_20s": _deltas(_path(folder / MINUTES, 1)),
        "eth_btc_100s": _deltas(_path(folder / "replay/freqtrade_ETH_BTC_5m_2018-01.csv.gz", 10**8)),
        "ltc_btc_100s": _deltas(_path(folder / "replay/freqtrade_LTC_BTC_5m_2018-01.csv.gz", 10**8)),
    }
    text = json.dumps(figures, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _whole(text: str, per_unit: int) -> int:
    return int((Decimal(text) * per_unit).to_integral_value())


def _days(rows: list[dict[str, str]], asset: str) -> dict[str, object]:
    """Open, high, low and close in cents and volume in thousandths, from the asset's first day on."""
    first = next(i for i, row in enumerate(rows) if row[f"{asset}:close"])
    columns = {
        column: _deltas([_whole(row[f"{asset}:{column}"], 100) for row in rows[first:]])
        for column in ("open", "high", "low", "close")
    }
    volume = [_whole(row[f"{asset}:volume"], 1000) for row in rows[first:]]
    return {"skip": first, **columns, "volume": _deltas(volume)}


def _path(path: Path, per_unit: int) -> list[int]:
    """Three points a bar: open, then both extremes, the low first when it rose. The next open is the close.

    Where an extreme is the open or the close itself, its point lies halfway: the path does not stand still.
    """
    points: list[int] = []
    for row in _rows(path):
        start, high, low, end = (_whole(row[name], per_unit) for name in ("open", "high", "low", "close"))
        first, second = (low, high) if end >= start else (high, low)
        first = (start + second) // 2 if first == start else first
        second = (first + end) // 2 if second == end else second
        points += (start, first, second)
    return points


def _dollars_per_euro(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return {row["Date"]: row["USD"] for row in csv.DictReader(io.StringIO(text))}


def _at(rates: dict[str, str], date: str, per_unit: int) -> int:
    """The rate of the day, or of the last day before it on which the ECB published one."""
    return _whole(rates[max(day for day in rates if day <= date)], per_unit)


def _deltas(figures: list[int]) -> list[int]:
    return [figures[0], *(after - before for before, after in pairwise(figures))]


if __name__ == "__main__":
    Path(__file__).with_name("prices.json.gz").write_bytes(derive(Path(sys.argv[1])))
