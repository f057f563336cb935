"""What the real exchanges answered about their markets is read by us as by ccxt, figure by figure.

Where an answer was recorded and what was left out of it, its `source` and `recorded/README.md` say.
"""

import gzip
import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from capitalino.venues.binance_replies import DepthReply as BinanceBook
from capitalino.venues.binance_replies import ExchangeInfoReply, KlineReply, SymbolReply
from capitalino.venues.coinbase_replies import BookReply as CoinbaseBook
from capitalino.venues.coinbase_replies import CandlesReply, ProductsReply
from capitalino.venues.coinbase_replies import TickerEvent as CoinbaseEvent
from capitalino.venues.coinbase_replies import TickerReply as CoinbaseTicker
from capitalino.venues.kraken_replies import DepthReply as KrakenBook
from capitalino.venues.kraken_replies import PairReply, TimeReply, one_pair
from capitalino.venues.kraken_replies import TickerEvent as KrakenEvent
from capitalino.venues.kraken_replies import TickerReply as KrakenTicker
from capitalino.venues.port import Instrument, Pair
from tests.contract.venues.recordings import (
    VENUES,
    Socket,
    agreed,
    answer,
    bars,
    client,
    kraken_markets,
    levels,
    limits,
    recorded,
    their_limits,
    ticker,
)

NOW = datetime(2026, 11, 26, tzinfo=UTC)
BEFORE = Decimal("70000.5")
PRICES = {"symbol", "bid", "ask", "last"}
LIMITS = {"symbol", "amount", "price", "amount_min"}
DARK_POOL = ".d"
"""Kraken's dark pools are no pairs that we ask for; they have no least amount."""
BYTES_MAX = 60 * 1024
DATA = os.environ.get("CAPITALINO_DATA")
FIXTURES = Path(DATA or "") / "market" / "fixtures"
needs_data = pytest.mark.skipif(DATA is None, reason="CAPITALINO_DATA names no folder with the recordings")


def test_krakens_ticker() -> None:
    told = answer("kraken", "ticker")["XBTUSDT"]
    tick = KrakenTicker.model_validate(told).tick(Pair("BTC", "USDT"), BEFORE, NOW)
    theirs = client("kraken").parse_ticker(told, client("kraken").market("BTC/USDT"))
    del theirs["open"]  # Of midnight, which is another one than of a day before.
    assert agreed(ticker(tick), theirs) == PRICES


@pytest.mark.parametrize(("name", "quote"), [("ticker", "USD"), ("older_ticker", "USDC")])
def test_coinbases_ticker(name: str, quote: str) -> None:
    told = answer("coinbase", name)
    tick = CoinbaseTicker.model_validate(told).tick(Pair("BTC", quote), BEFORE, NOW)
    best = {"bid": told["best_bid"], "ask": told["best_ask"]}
    theirs = client("coinbase").parse_ticker(told["trades"][0] | best)
    assert agreed(ticker(tick), theirs) == PRICES | {"timestamp"}


def test_krakens_ticker_on_the_stream() -> None:
    told = answer("kraken", "stream_ticker")
    client("kraken").handle_ticker(Socket(), told)
    theirs = client("kraken").tickers["BTC/USD"]
    tick = KrakenEvent.model_validate(theirs["info"]).tick(Pair("BTC", "USD"), NOW)
    assert agreed(ticker(tick), theirs) == PRICES | {"open"}
    assert tick.at == datetime(2026, 8, 12, 19, 29, 0, 921_195, tzinfo=UTC)


def test_coinbases_ticker_on_the_stream() -> None:
    rules = ProductsReply.model_validate(answer("coinbase", "rules")).products[0].instrument()
    client("coinbase").handle_tickers(Socket(), answer("coinbase", "stream_ticker"))
    theirs = client("coinbase").tickers["BTC/USD"]
    tick = CoinbaseEvent.told(theirs).tick(rules, NOW)
    opened = Decimal(theirs["open"]).quantize(rules.price_step)  # Ours is a price that there can be.
    assert agreed(ticker(tick), theirs | {"open": opened}) == PRICES | {"open", "timestamp"}


def test_the_books() -> None:
    kraken = one_pair(answer("kraken", "book"))
    coinbase = answer("coinbase", "book")
    books: dict[str, tuple[Any, Any]] = {
        "binance": (BinanceBook.model_validate(answer("binance", "book")), answer("binance", "book")),
        "kraken": (KrakenBook.model_validate(kraken), kraken),
    }
    for venue, (ours, told) in books.items():
        theirs = client(venue).parse_order_book(told, "BTC/USDT")
        assert levels(ours.bids) == levels(theirs["bids"]) != []
        assert levels(ours.asks) == levels(theirs["asks"]) != []
    bids, asks = CoinbaseBook.model_validate(coinbase).pricebook.levels()
    theirs = client("coinbase").parse_order_book(
        coinbase["pricebook"], "BTC/USD", None, "bids", "asks", "price", "size"
    )
    assert (levels(bids), levels(asks)) == (levels(theirs["bids"]), levels(theirs["asks"]))


def test_the_candles() -> None:
    told: dict[str, list[Any]] = {
        "binance": answer("binance", "candles"),
        "coinbase": answer("coinbase", "candles")["candles"],
    }
    ours = {
        "binance": [KlineReply.read(row) for row in told["binance"]],
        "coinbase": [
            row.candle() for row in CandlesReply.model_validate(answer("coinbase", "candles")).candles
        ],
    }
    for venue, rows in told.items():
        assert bars(ours[venue]) == bars(client(venue).parse_ohlcv(row) for row in rows) != []


def test_the_rules_of_pairs() -> None:
    kraken = answer("kraken", "rules") | answer("kraken", "older_rules")
    ours: dict[str, list[Instrument]] = {
        "binance": [
            row.instrument() for row in ExchangeInfoReply.model_validate(answer("binance", "rules")).symbols
        ],
        "coinbase": [
            row.instrument() for row in ProductsReply.model_validate(answer("coinbase", "rules")).products
        ],
        "kraken": [PairReply.model_validate(row).instrument() for row in kraken.values()],
    }
    both = {"binance": {"amount_max", "cost_min"}, "coinbase": {"amount_max", "cost_min"}}
    for venue, found in ours.items():
        for rules in found:
            theirs = their_limits(client(venue).market(str(rules.pair)))
            shared = agreed(limits(rules), theirs)
            assert shared >= LIMITS | both.get(venue, set()), f"{venue}: {rules.pair}"


def test_a_market_order_at_binance_has_a_limit_of_its_own() -> None:
    (bitcoin,) = (row for row in answer("binance", "rules")["symbols"] if row["symbol"] == "BTCUSDT")
    rules = SymbolReply.model_validate(bitcoin).instrument()
    assert rules.fits(Decimal("100.05"))
    assert not rules.fits(Decimal("100.06")), "9,000 are the most of an order with a price"


def test_krakens_clock() -> None:
    told = TimeReply.model_validate(answer("kraken", "clock"))
    assert datetime.fromtimestamp(told.unixtime, UTC) == datetime(2025, 11, 11, 0, 17, 4, tzinfo=UTC)


def test_every_recording_names_its_source() -> None:
    assert all(entry["source"] for venue in VENUES for entry in recorded(venue).values())
    folder = Path(__file__).parent / "recorded"
    assert sum(path.stat().st_size for path in folder.iterdir()) < BYTES_MAX


def original(name: str) -> Any:
    """A recording as it was kept: the answer alone, or one behind its address."""
    path = FIXTURES / name
    if path.suffix == ".gz":
        return json.loads(gzip.decompress(path.read_bytes()).decode().partition(": ")[2].splitlines()[0])
    return json.loads(path.read_text())


def is_part(excerpt: Any, whole: Any) -> bool:
    """Whether nothing was added to what was recorded, and nothing changed."""
    if isinstance(excerpt, dict) and isinstance(whole, dict):
        return all(name in whole and is_part(excerpt[name], whole[name]) for name in excerpt)
    if isinstance(excerpt, list) and isinstance(whole, list):
        return all(any(is_part(row, other) for other in whole) for row in excerpt)
    return bool(excerpt == whole)


def is_within(excerpt: Any, whole: Any) -> bool:
    """The same, anywhere in it."""
    inner = whole.values() if isinstance(whole, dict) else whole if isinstance(whole, list) else ()
    return is_part(excerpt, whole) or any(is_within(excerpt, one) for one in inner)


@needs_data
def test_the_excerpts_are_what_was_recorded() -> None:
    kept = [entry for venue in VENUES for entry in recorded(venue).values() if "file" in entry]
    assert kept
    for entry in kept:
        assert is_within(entry["answer"], original(entry["file"])), entry["file"]


@needs_data
def test_all_pairs_of_binance() -> None:
    symbols = original("cryptofeed/BINANCE.0.gz")["symbols"]
    assert len(symbols) > 1000
    for row in symbols:
        theirs = their_limits(client("binance").parse_market(row))
        del theirs["symbol"]  # Two assets have another name at ccxt than at Binance.
        ours = limits(SymbolReply.model_validate(row).instrument())
        assert agreed(ours, theirs) >= LIMITS - {"symbol"}, row["symbol"]


@needs_data
def test_all_pairs_of_kraken() -> None:
    told = original("cryptofeed/KRAKEN.0.gz")["result"]
    pairs = {name: row for name, row in told.items() if not name.endswith(DARK_POOL)}
    assert len(pairs) > 250
    for market in kraken_markets(pairs):
        theirs = their_limits(market)
        if market["id"].startswith("REPV2"):  # They call it as the asset that it took the place of.
            theirs["symbol"] = theirs["symbol"].replace("REP/", "REPV2/")
        ours = limits(PairReply.model_validate(pairs[market["id"]]).instrument())
        assert agreed(ours, theirs) >= LIMITS, market["id"]
