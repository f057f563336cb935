"""NATS. Facts go through JetStream and arrive at least once; signals go through core NATS and may be lost."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from nats.aio.client import DEFAULT_FLUSH_TIMEOUT, Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from capitalino.kit.loops import heed_cancellation

log = structlog.get_logger()
STREAM = "FACTS"
CONNECT_S = 5.0
DAY_S = 86_400
FACTS = StreamConfig(
    name=STREAM,
    subjects=["fact.>"],
    retention=RetentionPolicy.LIMITS,
    storage=StorageType.FILE,
    max_age=7 * DAY_S,  # the outbox keeps everything; the stream only has to bridge an outage
    max_bytes=1 << 30,
    allow_batched=True,  # the relays publish in fast batches
)
Heard = Callable[[str, dict[str, Any]], Awaitable[None]]


class StreamOutdated(Exception):
    """The stream of facts stands from an earlier version; the text says what to do."""


class Connection(Client):
    """The client, whose `flush` keeps its word."""

    async def flush(self, timeout: int = DEFAULT_FLUSH_TIMEOUT) -> None:  # noqa: ASYNC109 - the client's own
        """Wait until the server has all that was sent: the client's question would overtake it (2.16)."""
        await self._flush_pending(force_flush=True)
        heed_cancellation()
        await super().flush(timeout)


class Bus:
    """One service's connection. `service` is also its NATS user's name; its inboxes are its own."""

    def __init__(self, url: str, service: str) -> None:
        self.service = service
        self._url = url
        self._nc: Client | None = None
        self._js: JetStreamContext | None = None

    @property
    def nc(self) -> Client:
        """The open connection."""
        assert self._nc is not None, "the bus is not open"
        return self._nc

    @property
    def js(self) -> JetStreamContext:
        """JetStream on the open connection."""
        assert self._js is not None, "the bus is not open"
        return self._js

    async def open(self) -> None:
        """Connect, and stay connected: a lost server is looked for until it is back."""

        async def told(error: Exception) -> None:
            log.warning("bus.error", service=self.service, error=str(error) or type(error).__name__)

        # A dead port makes `connect` loop: it has a time-out of its own (seen with nats-py 2.16).
        nc = Connection()
        await asyncio.wait_for(
            nc.connect(
                self._url,
                name=self.service,
                inbox_prefix=f"_INBOX_{self.service}".encode(),
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.2,  # type: ignore[arg-type]  # seconds; only `nats.connect` says so
                connect_timeout=2,
                ping_interval=5,
                max_outstanding_pings=2,
                error_cb=told,
            ),
            CONNECT_S,
        )
        self._nc = nc
        self._js = nc.jetstream(timeout=CONNECT_S)
        await self.ensure_stream()

    async def ensure_stream(self) -> None:
        """Make the stream of facts unless it is there; one from before fast batches learns to take them.

        A wiped store is made anew. What somebody has set otherwise on a standing one is left as it is.
        """
        try:
            await self.js.add_stream(FACTS)
        except BadRequestError as error:
            standing = (await self.js.stream_info(STREAM)).config
            if standing.allow_batched:
                log.info("bus.stream_stands_otherwise", error=str(error))
            else:
                await self._renew(standing)

    async def _renew(self, standing: StreamConfig) -> None:
        """Where a service has the right: under `capitalino up` the stack has done it before they start."""
        try:
            await self.js.update_stream(standing, allow_batched=True)
        except TimeoutError as error:  # the server says nothing to whom it forbids something
            raise StreamOutdated(
                f"The stream {STREAM} does not take batches, and {self.service} may not change it: "
                "set `allow_batched` on it as NATS's administrator, or delete it (relays refill it)."
            ) from error
        log.warning("bus.stream_renewed", allow_batched=True)

    async def close(self) -> None:
        """Leave at once: what is not acknowledged is delivered again."""
        if self._nc is not None:
            await self._nc.close()

    @property
    def is_open(self) -> bool:
        """Connected just now."""
        return self._nc is not None and self._nc.is_connected

    async def signal(self, subject: str, payload: dict[str, Any]) -> None:
        """Fire and forget: for what the next signal replaces anyway (prices, live views)."""
        await self.nc.publish(f"signal.{subject}", json.dumps(payload, separators=(",", ":")).encode())

    async def listen(self, subject: str, heard: Heard) -> Subscription:
        """Hear signals until `unsubscribe()`. `heard` gets the subject without its first word."""

        async def take(msg: Msg) -> None:
            await heard(msg.subject.removeprefix("signal."), json.loads(msg.data))

        return await self.nc.subscribe(f"signal.{subject}", cb=take)
