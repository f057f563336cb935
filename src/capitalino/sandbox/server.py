"""The sandbox put together: one event loop, one HTTP port, one SMTP port, one file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import web
from aiosmtpd.smtp import SMTP

from capitalino.kit.clock import Clock
from capitalino.sandbox.address_book import AddressBook
from capitalino.sandbox.admin import Admin
from capitalino.sandbox.befall import befall
from capitalino.sandbox.binance_asked import Key, Spoken
from capitalino.sandbox.binance_live import BinanceLive
from capitalino.sandbox.binance_rest import BinanceRest
from capitalino.sandbox.coinbase_live import CoinbaseLive
from capitalino.sandbox.coinbase_rest import CoinbaseRest
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.faults import Faults
from capitalino.sandbox.kraken_live import KrakenLive
from capitalino.sandbox.kraken_rest import KrakenRest
from capitalino.sandbox.live import Live
from capitalino.sandbox.mail import Mailbox
from capitalino.sandbox.mail_routes import MailRoutes
from capitalino.sandbox.market import Market
from capitalino.sandbox.okx_live import OkxLive
from capitalino.sandbox.okx_rest import OkxRest
from capitalino.sandbox.okx_signed import OkxKey
from capitalino.sandbox.outside import Outside
from capitalino.sandbox.pairs import VENUES
from capitalino.sandbox.rates import Rates
from capitalino.sandbox.recorded import load
from capitalino.sandbox.replay import Replay
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
    replay: Replay | None = None
    """The file that one pair follows, if any."""
    replay_speed: int | None = None
    """How fast; None: as fast as every price of it is quoted."""
    confirm_ms: int = 2000
    key: Key = field(default_factory=lambda: Key("sandbox-key", "sandbox-secret"))
    okx_key: OkxKey = field(
        default_factory=lambda: OkxKey("sandbox-key", "sandbox-secret", "sandbox-passphrase")
    )
    host: str = HOST


class Around(Protocol):
    """What is round the exchanges."""

    def routes(self) -> Sequence[web.RouteDef]:
        """What can be asked."""
        ...


class Rest(Protocol):
    """The calls of one exchange."""

    def routes(self) -> list[tuple[str, str, str, Spoken]]:
        """Method, path, the operation's name for faults, and who answers."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange: what it keeps, its calls, its stream, and the paths of the stream."""

    desk: Desk
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
        market, faults = _market(store, clock, options), Faults()
        addresses = AddressBook(store, "kraken")
        exchanges = _exchanges(store, market, addresses, faults, options)
        desks = {name: one.desk for name, one in exchanges.items()}
        mailbox = Mailbox(store, clock)
        around = (Outside(store, desks), Admin(desks, addresses, faults), MailRoutes(mailbox))
        app = _app(exchanges, Rates(market.now_ms), around, faults)
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


def _market(store: Store, clock: Clock, options: Options) -> Market:
    """The recorded prices; one pair may follow a file."""
    now, replay = now_ms(clock), options.replay
    market = Market(load(), store.pace(now, options.speed), clock)
    if replay is not None:
        speed = options.replay_speed or replay.speed_max
        market.follow(replay, store.pace_of(replay, now, speed))
    return market


def _exchanges(
    store: Store, market: Market, addresses: AddressBook, faults: Faults, options: Options
) -> dict[str, Exchange]:
    """Every exchange below its name. Prices are those of all; what it keeps is its own."""
    key = options.key
    binance, coinbase, kraken, okx = (Desk.opened(store, market, options.confirm_ms, name) for name in VENUES)
    return {
        "binance": Exchange(
            binance,
            BinanceRest(market, binance, key),
            BinanceLive(market, faults, "binance"),
            ("/stream/ws/{number}", "/stream/ws"),
        ),
        "kraken": Exchange(
            kraken,
            KrakenRest(market, kraken, addresses, key),
            KrakenLive(market, faults, "kraken"),
            ("/v2",),
        ),
        "okx": Exchange(
            okx, OkxRest(market, okx, options.okx_key), OkxLive(market, faults, "okx"), ("/ws/v5/public",)
        ),
        "coinbase": Exchange(
            coinbase,
            CoinbaseRest(store, market, coinbase, key),
            CoinbaseLive(market, faults, "coinbase"),
            ("/ws",),
        ),
    }


def _app(
    exchanges: dict[str, Exchange], rates: Rates, around: Sequence[Around], faults: Faults
) -> web.Application:
    app = web.Application(client_max_size=1024 * 1024)
    for routes in around:
        app.add_routes(routes.routes())
    for name, exchange in exchanges.items():
        for method, path, operation, speak in exchange.rest.routes():
            app.router.add_route(method, f"/{name}{path}", _with_faults(faults, name, operation, speak))
        for path in exchange.streams:
            app.router.add_get(f"/{name}{path}", exchange.live.connect)
    for path, operation, speak in rates.routes():
        app.router.add_get("/rates" + path, _with_faults(faults, "", operation, speak))
    return app


def _with_faults(faults: Faults, venue: str, operation: str, speak: Spoken) -> Spoken:
    async def answer(request: web.Request) -> web.StreamResponse:
        due = faults.due(operation, venue)
        return await befall(due, request, venue, lambda: speak(request))

    return answer
