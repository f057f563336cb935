"""Start the sandbox: `python -m capitalino.sandbox`, or `capitalino sandbox`."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from capitalino.kit.clock import SYSTEM
from capitalino.sandbox.candles_file import NotCandles
from capitalino.sandbox.replay import replayed
from capitalino.sandbox.server import HOST, Options, serving

SPEED = 3
SPEED_MAX = 1000
REPLAY_SPEED_MAX = 10_000_000
MAX = "max"
EPILOG = """\
To replay a file, name it; it may be packed by gzip. Its form is told by what stands in it: candles as Binance
(klines) and Kraken (OHLCVT) offer them for download, of CryptoDataDownload, or any other with a header that
names a time, open, high, low and close; instants in seconds, milliseconds, microseconds or as text, oldest
or newest first. The pair is told by the file, its name, or --pair. It begins at the first candle when it is
first played in the folder, runs to the end and then back, so that the price never jumps; started again with
the same file, it goes on. The other pairs play what is shipped, at their usual pace.

  capitalino sandbox --replay BTCUSDT-1m-2024-01.csv --speed 60
  capitalino sandbox --replay XBTEUR_60.csv.gz --speed max --pair BTCEUR

A stack that is to use it: CAPITALINO_VENUES_URL=http://127.0.0.1:9000 capitalino up
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _options(arguments)
    try:
        asyncio.run(_serve(options))
    except OSError as trouble:
        raise SystemExit(f"The sandbox cannot start: {trouble.strerror or trouble}.") from None


async def _serve(options: Options) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with serving(options, SYSTEM):
        if options.replay is not None:
            speed = options.replay_speed or options.replay.speed_max
            told = f"{options.replay.symbol} follows {options.replay.candles} candles"
            sys.stderr.write(f"{told}, {speed} recorded seconds a second.\n")
        await stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="capitalino sandbox",
        description="The outside world on this machine: four exchanges, their prices, and a mail catcher.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=9000, help="for HTTP and WebSocket (default 9000)")
    parser.add_argument("--smtp-port", type=int, default=9025, help="for mail that is caught (default 9025)")
    parser.add_argument("--folder", type=Path, help="where state survives a restart; none: it does not")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="candles that the price of one pair follows"
    )
    parser.add_argument("--pair", default="", help="which pair it is, such as BTCEUR; unset: the file tells")
    parser.add_argument(
        "--moves", action="store_true", help="follow the moves of the file only, at the pair's own level"
    )
    parser.add_argument(
        "--speed",
        default=str(SPEED),
        help=f"recorded seconds a second (default {SPEED}; 1 is real time, at most {SPEED_MAX}); with"
        f" --replay that of the file alone, up to {REPLAY_SPEED_MAX:,}, or {MAX}: a candle each second",
    )
    parser.add_argument(
        "--confirm-ms",
        type=int,
        default=2000,
        help="until a deposit is credited, and a withdrawal sent (default 2000)",
    )
    parser.add_argument("--host", default=HOST, help="the address to listen on (default 127.0.0.1)")
    return parser


def _options(arguments: Sequence[str] | None) -> Options:
    parser = _parser()
    asked = parser.parse_args(arguments)
    if (asked.pair or asked.moves) and asked.replay is None:
        parser.error("--pair and --moves go with --replay")
    most = SPEED_MAX if asked.replay is None else REPLAY_SPEED_MAX
    is_max = asked.replay is not None and asked.speed == MAX
    if not is_max and not (asked.speed.isdecimal() and 1 <= int(asked.speed) <= most):
        parser.error(f"--speed is from 1 to {most}" + ("" if asked.replay is None else f", or {MAX}"))
    speed = None if is_max else int(asked.speed)
    try:
        replay = None if asked.replay is None else replayed(asked.replay, asked.pair, is_moves=asked.moves)
    except NotCandles as wrong:
        raise SystemExit(f"The sandbox cannot replay {wrong}.") from None
    return Options(
        port=asked.port,
        smtp_port=asked.smtp_port,
        folder=asked.folder,
        speed=speed if replay is None and speed else SPEED,
        replay=replay,
        replay_speed=speed,
        confirm_ms=asked.confirm_ms,
        host=asked.host,
    )


if __name__ == "__main__":
    main()
