"""The sandbox as a process: it starts, stops, is killed, and remembers."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import httpx

from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id
from capitalino.venues import VenueSettings, open_venue
from capitalino.venues.port import Pair, PlaceOrder, Side
from tests.support.keeper import free_port
from tests.support.sandbox import Sandbox, command

BTC = Pair("BTC", "EUR")
START_WITHIN_S = 20


@contextmanager
def started(
    folder: Path, *more: str, by: tuple[str, ...] = ()
) -> Iterator[tuple[Sandbox, subprocess.Popen[bytes]]]:
    """A sandbox of this test alone."""
    box = Sandbox(free_port(), free_port())
    argv = command(box.port, box.smtp_port, folder, *more)
    process = subprocess.Popen([*(by or argv[:3]), *argv[3:]])
    try:
        last = time.monotonic() + START_WITHIN_S
        while not answers(box):
            assert time.monotonic() < last
            assert process.poll() is None
            time.sleep(0.05)
        yield box, process
    finally:
        process.kill()
        process.wait()


def answers(box: Sandbox) -> bool:
    try:
        return httpx.get(f"{box.url}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


async def test_what_was_answered_is_still_true_after_a_kill(tmp_path: Path) -> None:
    asked = PlaceOrder(new_id().hex, BTC, Side.BUY, Decimal("0.05"), SYSTEM.now())
    with started(tmp_path) as (box, process):
        async with open_venue("binance", VenueSettings(box.venue_url)) as venue:
            placed = await venue.place(asked)
            balances = await venue.balances()
        await box.deposit("LTC", "3", "tag-1")
        process.kill()
        process.wait()
    with started(tmp_path) as (box, _):
        async with open_venue("binance", VenueSettings(box.venue_url)) as venue:
            assert await venue.look_up(BTC, asked.client_order_id) == placed
            found = {balance.asset: balance for balance in await venue.balances()}
            assert [found[row.asset] for row in balances if row.asset != "LTC"] == [
                row for row in balances if row.asset != "LTC"
            ]
            (deposit,) = await venue.deposits(placed.at)
            assert (deposit.asset, deposit.tag) == ("LTC", "tag-1")


async def test_the_history_stays_when_it_is_started_again_with_another_speed(tmp_path: Path) -> None:
    with started(tmp_path) as (box, _):
        async with open_venue("binance", VenueSettings(box.venue_url)) as venue:
            before = await venue.candles(BTC, "1m", limit=60)
    with started(tmp_path, "--speed", "50") as (box, _):
        async with open_venue("binance", VenueSettings(box.venue_url)) as venue:
            after = await venue.candles(BTC, "1m", since=before[0].at, limit=60)
    assert after[:59] == before[:59]


async def test_a_file_is_replayed_at_any_exchange_by_the_command(tmp_path: Path) -> None:
    # Made up: a price that no recording has.
    rows = [f"{1_704_067_200 + 60 * i},70000,70400,69900,70100" for i in range(30)]
    (tmp_path / "BTCEUR-1m.csv").write_text("\n".join(rows))
    asked = ("--replay", str(tmp_path / "BTCEUR-1m.csv"), "--speed", "max")
    by = (sys.executable, "-m", "capitalino.app.cli", "sandbox")
    with started(tmp_path / "state", *asked, by=by) as (box, _):
        for name, url in (("binance", box.venue_url), ("okx", box.okx_url)):
            async with open_venue(name, VenueSettings(url)) as venue:
                (tick,) = await venue.rates([BTC])
                (usual,) = await venue.rates([Pair("ETH", "EUR")])
            assert Decimal(69900) <= tick.last <= Decimal(70400)
            assert usual.last < 1000


async def test_it_stops_at_once_with_a_watcher_a_hanging_call_and_an_open_mail(tmp_path: Path) -> None:
    with started(tmp_path) as (box, process):
        await box.fail("balances", "hang")
        async with open_venue("binance", VenueSettings(box.venue_url, timeout_ms=20_000)) as venue:
            ticks = venue.watch([BTC])
            await anext(ticks)
            with socket.create_connection(("127.0.0.1", box.smtp_port)), hanging(box):
                process.send_signal(signal.SIGTERM)
                assert process.wait(15) == 0, "before the call and the watcher would have ended"
            await ticks.aclose()


@contextmanager
def hanging(box: Sandbox) -> Iterator[None]:
    """A call that the sandbox does not answer."""
    with socket.create_connection(("127.0.0.1", box.port)) as line:
        line.sendall(b"GET /binance/api/v3/account HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        yield


def test_a_taken_port_gets_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            command(port, free_port(), tmp_path), capture_output=True, text=True, check=False, timeout=30
        )
    assert ended.returncode == 1
    assert ended.stderr.strip().count("\n") == 0
    assert "cannot start" in ended.stderr
