"""Publishing outbox rows as facts: pipelined, under their positions, each acknowledged by the stream."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nats.js.errors import NoStreamResponseError

from capitalino.kit.bus import Bus
from capitalino.kit.db import Tx

ACK_S = 10.0
Row = Any
Render = Callable[[Tx, Sequence[Row]], Awaitable[list[dict[str, Any]]]]
"""Makes the payloads of rows that were written without one."""


class Publisher:
    """Publishes what one source tells."""

    def __init__(self, bus: Bus, source: str, render: Render | None) -> None:
        self._bus, self._source, self._render = bus, source, render

    async def publish(self, tx: Tx, rows: Sequence[Row], at: int, *, again: str) -> None:
        """Publish rows that follow the position `at`, and wait until the stream has them all."""
        bare = [row for row in rows if row.payload is None]
        made = {}
        if bare:
            assert self._render is not None, "rows without a payload need a render function"
            made = dict(zip((row.seq for row in bare), await self._render(tx, bare), strict=True))
        acks = []
        try:
            for position, row in enumerate(rows, at + 1):
                body = json.dumps(made.get(row.seq, row.payload), separators=(",", ":")).encode()
                sent = await self._bus.js.publish_async(
                    f"fact.{row.subject}", body, headers=_headers(row, self._source, position, again)
                )
                acks.append(sent)
            async with asyncio.timeout(ACK_S):
                await asyncio.gather(*acks)
        except NoStreamResponseError:
            await self._bus.ensure_stream()
            raise


def _headers(row: Row, source: str, position: int, again: str) -> dict[str, str]:
    made = {
        "Nats-Msg-Id": f"{row.event_id}{again}",  # the stream drops what it got twice
        "event-id": str(row.event_id),
        "source": source,
        "position": str(position),
        "book": row.book,
        "key": row.key,
        "occurred-at": row.written_at.isoformat(),
    }
    if row.trace:
        made["traceparent"] = row.trace
    if row.causation:
        made["causation"] = row.causation
    return made
