"""A file of candles as the price of a pair."""

from decimal import Decimal
from pathlib import Path

import pytest

from capitalino.sandbox.__main__ import _options
from capitalino.sandbox.candles_file import NotCandles
from capitalino.sandbox.market import Market
from capitalino.sandbox.pace import DAY_MS, Pace
from capitalino.sandbox.pairs import PAIRS
from capitalino.sandbox.recorded import MILLION, load
from capitalino.sandbox.replay import Replay, replayed
from capitalino.sandbox.store import Store
from capitalino.sandbox.when import now_ms
from tests.support.clock import SettableClock

RECORDINGS = load()
BTC, ETH = PAIRS["BTCEUR"], PAIRS["ETHEUR"]
# Made up: a rise, a fall, a gap of one candle, and a rise.
RISE, FALL, LAST = ("100", "130", "90", "120"), ("120", "125", "105", "110"), ("111", "140", "111", "140")


def file(folder: Path, name: str = "BTCEUR-1m.csv", times: Decimal = Decimal(1)) -> Path:
    rows = [
        ",".join([str(1_704_067_200 + 60 * minute), *(str(Decimal(price) * times) for price in prices)])
        for minute, prices in ((0, RISE), (1, FALL), (3, LAST))
    ]
    path = folder / name
    path.write_text("\n".join(rows) + "\n")
    return path


def followed(clock: SettableClock, replay: Replay, speed: int = 1, store: Store | None = None) -> Market:
    now = now_ms(clock)
    market = Market(RECORDINGS, Pace.beginning(now, 3), clock)
    market.follow(replay, (store or Store(":memory:")).pace_of(replay, now, speed))
    return market


def test_the_path_goes_through_every_price_in_a_plausible_order(tmp_path: Path) -> None:
    points = [point // MILLION for point in replayed(file(tmp_path)).tape.points]
    assert points == [100, 90, 130, 120, 120, 125, 105, 110, 110, 110, 110, 110, 111, 111, 140, 140]


def test_the_price_is_the_files_from_its_first_candle_on(tmp_path: Path) -> None:
    clock = SettableClock()
    market = followed(clock, replayed(file(tmp_path)))
    seen = []
    for _ in range(8):
        seen.append(market.price(BTC, market.now_ms()))
        clock.advance(15)
    assert seen == [100, 90, 130, 120, 120, 125, 105, 110]


def test_a_higher_speed_plays_the_same_in_less_time(tmp_path: Path) -> None:
    clock = SettableClock()
    replay = replayed(file(tmp_path))
    market = followed(clock, replay, replay.speed_max)
    clock.advance(1)
    assert replay.speed_max == 60, "a candle a second"
    assert market.price(BTC, market.now_ms()) == 120
    low, high = market.extremes(BTC, market.now_ms() - 1000, market.now_ms())
    assert [low, high] == [90, 130]


def test_other_pairs_play_what_they_always_play(tmp_path: Path) -> None:
    clock = SettableClock()
    market, usual = (
        followed(clock, replayed(file(tmp_path))),
        Market(RECORDINGS, Pace.beginning(now_ms(clock), 3), clock),
    )
    assert market.price(ETH, market.now_ms()) == usual.price(ETH, usual.now_ms())


def test_the_days_before_end_where_the_file_begins(tmp_path: Path) -> None:
    clock = SettableClock()
    market = followed(clock, replayed(file(tmp_path)))
    midnight = market.now_ms() - market.now_ms() % DAY_MS
    (day,) = market.bars(BTC, "1d", midnight - DAY_MS, midnight - 1, 1)
    assert day.close == pytest.approx(int(market.price(BTC, midnight) * MILLION), rel=1e-3)
    assert 90 * MILLION <= day.close <= 140 * MILLION


def test_started_again_with_the_same_file_it_goes_on(tmp_path: Path) -> None:
    clock, store = SettableClock(), Store(":memory:")
    followed(clock, replayed(file(tmp_path)), store=store)
    clock.advance(30)
    again = followed(clock, replayed(file(tmp_path)), 4, store)
    assert again.price(BTC, again.now_ms()) == 130
    clock.advance(15)
    assert again.price(BTC, again.now_ms()) == 105, "a minute at four times the speed"
    other = followed(clock, replayed(file(tmp_path, "other-BTCEUR.csv", Decimal(2))), store=store)
    assert other.price(BTC, other.now_ms()) == 200


def test_the_moves_alone_are_played_at_the_pairs_own_level(tmp_path: Path) -> None:
    small = replayed(file(tmp_path, "ETH_BTC.csv", Decimal("0.00000123")), "ETHEUR", is_moves=True)
    clock = SettableClock()
    market = followed(clock, small)
    first = market.price(ETH, market.now_ms())
    assert int(first * MILLION) == pytest.approx(RECORDINGS["ETHEUR"].days[-1].close, rel=1e-3)
    clock.advance(30)
    assert market.price(ETH, market.now_ms()) / first == pytest.approx(Decimal("1.3"), rel=Decimal("0.001"))


@pytest.mark.parametrize(
    ("name", "asked", "symbol"),
    [
        ("BTCUSDT-1m-2024-01.csv", "", "BTCUSDT"),
        ("XBTEUR_1.csv", "", "BTCEUR"),
        ("Bitstamp_LTC_EUR_2024.csv", "", "LTCEUR"),
        ("btcperp_1m.csv", "", "BTCEUR"),
        ("anything.csv", "eth/eur", "ETHEUR"),
    ],
)
def test_the_pair_is_told_by_the_name_of_the_file_or_by_hand(
    tmp_path: Path, name: str, asked: str, symbol: str
) -> None:
    assert replayed(file(tmp_path, name), asked).symbol == symbol


@pytest.mark.parametrize(
    ("name", "asked", "times", "why"),
    [
        ("prices.csv", "", "1", "neither the file nor its name says which pair"),
        ("prices.csv", "BTCXXX", "1", "BTCXXX; name one of BTCEUR"),
        ("ETH_BTC_5m.csv", "", "0.001", "prices of ETHEUR expected"),
    ],
)
def test_a_file_of_no_pair_is_refused(tmp_path: Path, name: str, asked: str, times: str, why: str) -> None:
    with pytest.raises(NotCandles, match=why):
        replayed(file(tmp_path, name, Decimal(times)), asked)


def test_candles_must_be_a_whole_number_of_lengths_apart(tmp_path: Path) -> None:
    path = tmp_path / "BTCEUR.csv"
    path.write_text("1704067200,100,130,90,120\n1704067260,120,125,105,110\n1704067350,111,140,111,140\n")
    with pytest.raises(NotCandles, match="a whole number of"):
        replayed(path)


def test_how_it_is_asked_for(tmp_path: Path) -> None:
    path = str(file(tmp_path))
    options = _options(["--replay", path, "--speed", "600"])
    assert options.replay is not None
    assert (options.replay.symbol, options.replay_speed, options.speed) == ("BTCEUR", 600, 3)
    assert _options(["--replay", path, "--speed", "max"]).replay_speed is None
    assert _options(["--speed", "50"]).speed == 50


@pytest.mark.parametrize(
    "wrong", [["--speed", "0"], ["--speed", "max"], ["--speed", "1001"], ["--pair", "BTCEUR"], ["--moves"]]
)
def test_what_makes_no_sense_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _options(wrong)
    assert ended.value.code == 2
    assert "error: --" in capsys.readouterr().err


def test_a_file_that_cannot_be_replayed_gets_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "BTCEUR.csv"
    path.write_text("date,price\n2024-01-01,7\n")
    with pytest.raises(SystemExit) as ended:
        _options(["--replay", str(path)])
    assert "line 1: a header that names" in str(ended.value.code)
