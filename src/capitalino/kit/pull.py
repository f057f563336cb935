"""A durable consumer's messages as they come; nats-py's own `fetch` waits for a full batch or a time-out."""

import asyncio
import json
from collections import deque
from types import TracebackType
from typing import Self

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from capitalino.kit.bus import STREAM, Bus
from capitalino.kit.loops import heed_cancellation

BATCH_MAX = 256
FETCH_S = 1.0
ACK_WAIT_S = 5  # how long the messages of a killed hearer wait for its successor
AGAIN_AFTER_S = 0.2
OVER = {"404", "408"}  # the request has ended: nothing is there, or its time is over


def position_of(message: Msg) -> int:
    """The fact's place in what its source tells."""
    return int((message.headers or {})["position"])


async def give_back(messages: list[Msg]) -> None:
    """Have them delivered again, soon."""
    for message in messages:
        await message.nak(delay=AGAIN_AFTER_S)


class ConsumerLost(Exception):
    """The consumer or its stream is gone; open it anew."""


class Pull:
    """`async with Pull(bus, source) as pull:` makes the durable consumer unless it stands, and listens."""

    def __init__(self, bus: Bus, source: str) -> None:
        self._bus, self._source = bus, source
        self._durable = f"{bus.service}-{source}"
        self._inbox = bus.nc.new_inbox()
        self._subscription: Subscription | None = None
        self._came: deque[Msg] = deque()
        self._wake = asyncio.Event()
        self._wanted = 0
        self._lost: str | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._bus.js.consumer_info(STREAM, self._durable)
        except NotFoundError:
            await self._bus.ensure_stream()
            config = ConsumerConfig(
                name=self._durable,  # with a name, the right to make it can be given for this one alone
                durable_name=self._durable,
                filter_subject=f"fact.{self._source}.>",
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=ACK_WAIT_S,
                deliver_policy=DeliverPolicy.ALL,
                max_ack_pending=1024,
            )
            await self._bus.js.add_consumer(STREAM, config)
        self._subscription = await self._bus.nc.subscribe(self._inbox, cb=self._take)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._subscription is not None and not self._bus.nc.is_closed:
            await self._subscription.unsubscribe()

    async def batch(self) -> list[Msg]:
        """All that has come, once there is one; none after a quiet second. ConsumerLost when it is gone."""
        heed_cancellation()
        if self._wanted <= 0:
            await self._ask()
        try:
            async with asyncio.timeout(FETCH_S * 1.5):  # Python 3.11's `wait_for` may swallow a cancellation
                await self._wake.wait()
        except TimeoutError:
            self._wanted = 0  # the server did not even say that the time is over: ask again
        self._wake.clear()
        found = list(self._came)
        self._came.clear()
        if self._lost and not found:
            raise ConsumerLost(self._lost)
        return found

    async def _ask(self) -> None:
        self._wanted = BATCH_MAX
        request = {"batch": BATCH_MAX, "expires": int(FETCH_S * 1_000_000_000)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{self._durable}"
        await self._bus.nc.publish(subject, json.dumps(request).encode(), self._inbox)

    async def _take(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status")
        if status is None:
            self._came.append(message)
            self._wanted -= 1
        elif status in OVER:
            self._wanted = 0
        elif status != "100":
            self._lost = f"{status} {(message.headers or {}).get('Description', '')}"
        self._wake.set()
