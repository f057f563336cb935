"""Start the sandbox: `python -m capitalino.sandbox --port 9000 --smtp-port 9025 --folder var/sandbox`."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from capitalino.kit.clock import SYSTEM
from capitalino.sandbox.server import HOST, Options, serving


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
        await stopped.wait()


def _options(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m capitalino.sandbox", description="The outside world, on loopback."
    )
    parser.add_argument("--port", type=int, required=True, help="for HTTP and WebSocket")
    parser.add_argument("--smtp-port", type=int, required=True, help="for mail that is caught")
    parser.add_argument("--folder", type=Path, help="where state survives a restart; none: it does not")
    parser.add_argument("--speed", type=int, default=3, help="recorded seconds a second (default 3)")
    parser.add_argument(
        "--confirm-ms", type=int, default=2000, help="until a deposit is credited (default 2000)"
    )
    parser.add_argument("--host", default=HOST, help="the address to listen on (default 127.0.0.1)")
    asked = parser.parse_args(arguments)
    if not 1 <= asked.speed <= 1000:
        parser.error("--speed is from 1 to 1000")
    return Options(
        port=asked.port,
        smtp_port=asked.smtp_port,
        folder=asked.folder,
        speed=asked.speed,
        confirm_ms=asked.confirm_ms,
        host=asked.host,
    )


if __name__ == "__main__":
    main()
