"""The sandbox put together: one event loop, one HTTP port, one SMTP port, one file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import web
from aiosmtpd.smtp import SMTP

from capitalino.kit.clock import Clock
from capitalino.sandbox.binance_live import BinanceLive
from capitalino.sandbox.binance_rest import BinanceRest, Key, Spoken
from capitalino.sandbox.coinbase_live import CoinbaseLive
from capitalino.sandbox.coinbase_rest import CoinbaseRest
from capitalino.sandbox.deposits import Deposits
from capitalino.sandbox.faults import Faults, befall
from capitalino.sandbox.kraken_live import KrakenLive
from capitalino.sandbox.kraken_rest import KrakenRest
from capitalino.sandbox.live import Live
from capitalino.sandbox.mail import Mailbox
from capitalino.sandbox.mail_routes import MailRoutes
from capitalino.sandbox.market import Market
from capitalino.sandbox.okx_live import OkxLive
from capitalino.sandbox.okx_rest import OkxRest
from capitalino.sandbox.okx_signed import OkxKey
from capitalino.sandbox.orders import Orders
from capitalino.sandbox.outside import Outside
from capitalino.sandbox.rates import Rates
from capitalino.sandbox.recorded import load
from capitalino.sandbox.store import Store
from capitalino.sandbox.when import now_ms

HOST = "127.0.0.1"
FILE = "sandbox.sqlite"


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox is started; without a folder it forgets everything when it stops."""

    port: int
    smtp_port: int
    folder: Path | None = None
    speed: int = 3
    confirm_ms: int = 2000
    key: Key = field(default_factory=lambda: Key("sandbox-key", "sandbox-secret"))
    okx_key: OkxKey = field(
        default_factory=lambda: OkxKey("sandbox-key", "sandbox-secret", "sandbox-passphrase")
    )
    host: str = HOST


class Rest(Protocol):
    """The calls of one exchange."""

    def routes(self) -> list[tuple[str, str, str, Spoken]]:
        """Method, path, the operation's name for faults, and who answers."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange: its own orders, its calls, its stream, and the paths of the stream."""

    orders: Orders
    rest: Rest
    live: Live
    streams: tuple[str, ...]


@asynccontextmanager
async def serving(options: Options, clock: Clock) -> AsyncIterator[None]:
    """Serve inside the block."""
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    store = Store(":memory:" if options.folder is None else options.folder / FILE)
    try:
        market = Market(load(), store.pace(now_ms(clock), options.speed), clock)
        faults, deposits = Faults(), Deposits(store, market, options.confirm_ms)
        exchanges = _exchanges(store, market, deposits, faults, options)
        outside = Outside(store, [one.orders for one in exchanges.values()], deposits, faults)
        mailbox = Mailbox(store, clock)
        app = _app(exchanges, Rates(market.now_ms), outside, mailbox, faults)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, options.host, options.port).start()
            smtp = await asyncio.get_running_loop().create_server(
                lambda: SMTP(mailbox, hostname="sandbox", enable_SMTPUTF8=True),
                options.host,
                options.smtp_port,
            )
            try:
                yield
                for exchange in exchanges.values():
                    await exchange.live.close()
            finally:
                smtp.close()  # Without waiting for a client that stays connected.
        finally:
            await runner.cleanup()
    finally:
        store.close()


def _exchanges(
    store: Store, market: Market, deposits: Deposits, faults: Faults, options: Options
) -> dict[str, Exchange]:
    """Every exchange below its name. Orders are its own; prices, balances and deposits are those of all."""
    key = options.key
    binance, okx = Orders(store, market, "binance"), Orders(store, market, "okx")
    kraken, coinbase = (Orders(store, market, name, fee_in_quote=True) for name in ("kraken", "coinbase"))
    return {
        "binance": Exchange(
            binance,
            BinanceRest(store, market, binance, deposits, key),
            BinanceLive(market, faults),
            ("/stream/ws/{number}", "/stream/ws"),
        ),
        "kraken": Exchange(
            kraken, KrakenRest(store, market, kraken, deposits, key), KrakenLive(market, faults), ("/v2",)
        ),
        "okx": Exchange(
            okx,
            OkxRest(store, market, okx, deposits, options.okx_key),
            OkxLive(market, faults),
            ("/ws/v5/public",),
        ),
        "coinbase": Exchange(
            coinbase,
            CoinbaseRest(store, market, coinbase, deposits, key),
            CoinbaseLive(market, faults),
            ("/ws",),
        ),
    }


def _app(
    exchanges: dict[str, Exchange], rates: Rates, outside: Outside, mailbox: Mailbox, faults: Faults
) -> web.Application:
    app = web.Application(client_max_size=1024 * 1024)
    app.add_routes(outside.routes())
    app.add_routes(MailRoutes(mailbox).routes())
    for name, exchange in exchanges.items():
        for method, path, operation, speak in exchange.rest.routes():
            app.router.add_route(method, f"/{name}{path}", _with_faults(faults, operation, speak))
        for path in exchange.streams:
            app.router.add_get(f"/{name}{path}", exchange.live.connect)
    for path, operation, speak in rates.routes():
        app.router.add_get("/rates" + path, _with_faults(faults, operation, speak))
    return app


def _with_faults(faults: Faults, operation: str, speak: Spoken) -> Spoken:
    async def answer(request: web.Request) -> web.StreamResponse:
        fault = faults.due(operation)
        if fault is None:
            return await speak(request)
        return await befall(fault, request, lambda: speak(request))

    return answer
