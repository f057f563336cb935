"""The sandbox put together: one event loop, one HTTP port, one SMTP port, one file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiosmtpd.smtp import SMTP

from capitalino.kit.clock import Clock
from capitalino.sandbox.binance_live import BinanceLive
from capitalino.sandbox.binance_rest import BinanceRest, Key, Spoken
from capitalino.sandbox.deposits import Deposits
from capitalino.sandbox.faults import Faults, befall
from capitalino.sandbox.mail import Mailbox
from capitalino.sandbox.mail_routes import MailRoutes
from capitalino.sandbox.market import Market
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
    host: str = HOST


@asynccontextmanager
async def serving(options: Options, clock: Clock) -> AsyncIterator[None]:
    """Serve inside the block."""
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    store = Store(":memory:" if options.folder is None else options.folder / FILE)
    try:
        market = Market(load(), store.pace(now_ms(clock), options.speed), clock)
        faults, mailbox = Faults(), Mailbox(store, clock)
        live = BinanceLive(market, faults)
        runner = web.AppRunner(
            _app(store, market, faults, mailbox, live, options), access_log=None, shutdown_timeout=1
        )
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
                await live.close()
            finally:
                smtp.close()  # Without waiting for a client that stays connected.
        finally:
            await runner.cleanup()
    finally:
        store.close()


def _app(  # noqa: PLR0917 - this is where everything meets
    store: Store, market: Market, faults: Faults, mailbox: Mailbox, live: BinanceLive, options: Options
) -> web.Application:
    orders, deposits = Orders(store, market), Deposits(store, market, options.confirm_ms)
    app = web.Application(client_max_size=1024 * 1024)
    app.add_routes(Outside(store, orders, deposits, faults).routes())
    app.add_routes(MailRoutes(mailbox).routes())
    for method, path, operation, speak in BinanceRest(store, market, orders, deposits, options.key).routes():
        app.router.add_route(method, "/binance" + path, _with_faults(faults, operation, speak))
    for path, operation, speak in Rates(market.now_ms).routes():
        app.router.add_get("/rates" + path, _with_faults(faults, operation, speak))
    app.router.add_get("/binance/stream/ws/{number}", live.connect)
    app.router.add_get("/binance/stream/ws", live.connect)
    return app


def _with_faults(faults: Faults, operation: str, speak: Spoken) -> Spoken:
    async def answer(request: web.Request) -> web.StreamResponse:
        fault = faults.due(operation)
        if fault is None:
            return await speak(request)
        return await befall(fault, request, lambda: speak(request))

    return answer
