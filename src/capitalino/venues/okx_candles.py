"""The candles of OKX, which come newest first, a few hundred at once, and the older ones from elsewhere."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from capitalino.venues.asking import read
from capitalino.venues.okx_replies import BarReply, Envelope
from capitalino.venues.port import Candle, Interval
from capitalino.venues.replies import millis

NAMES: dict[Interval, str] = {"1m": "1m", "5m": "5m", "15m": "15m", "1h": "1H", "1d": "1Dutc"}
"""The days of plain `1D` begin at 16:00 UTC, which is midnight in Hong Kong."""
MINUTE_MS = 60_000
LENGTHS_MS: dict[Interval, int] = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "1d": 1440 * MINUTE_MS,
}
NEW, NEW_A_PAGE = "public_get_market_candles", 300
OLD, OLD_A_PAGE = "public_get_market_history_candles", 100
NEW_LAST = 1400
"""OKX keeps the last 1,440 at hand; those before are history."""
Ask = Callable[[str, dict[str, Any]], Awaitable[Any]]


class Bars:
    """One pair's candles of one interval, asked for page by page."""

    def __init__(self, ask: Ask, instrument_id: str, interval: Interval) -> None:
        self._ask = ask
        self._asked = {"instId": instrument_id, "bar": NAMES[interval]}
        self._length_ms = LENGTHS_MS[interval]

    async def newest(self, limit: int) -> tuple[Candle, ...]:
        """The last ones, by the venue's clock."""
        found: dict[datetime, Candle] = {}
        while len(found) < limit:
            before = {"after": millis(min(found))} if found else {}
            known, most = len(found), min(NEW_A_PAGE, limit - len(found))
            found |= await self._page(NEW, before | {"limit": most})
            if len(found) < known + most:
                break
        return _sorted(found)

    async def since(self, since: datetime, limit: int, now: datetime) -> tuple[Candle, ...]:
        """The first ones from an instant on.

        Each question names both ends: asked for what came after an instant only, OKX answers the newest.
        """
        length, now_ms = self._length_ms, millis(now)
        begin = -(-millis(since) // length) * length
        end = min(begin + limit * length, now_ms + length)
        is_old = begin < now_ms - NEW_LAST * length
        call, most = (OLD, OLD_A_PAGE) if is_old else (NEW, NEW_A_PAGE)
        found: dict[datetime, Candle] = {}
        for start in range(begin, end, most * length):
            stop = min(start + most * length, end)
            found |= await self._page(call, {"before": start - 1, "after": stop, "limit": most})
        return _sorted(found)

    async def _page(self, call: str, asked: dict[str, Any]) -> dict[datetime, Candle]:
        raw = await self._ask(call, self._asked | asked)
        bars = read(partial(_bars, raw))
        return {bar.at: bar for bar in bars}


def _bars(raw: Any) -> tuple[Candle, ...]:
    return tuple(BarReply.read(row) for row in Envelope.model_validate(raw).data)


def _sorted(found: dict[datetime, Candle]) -> tuple[Candle, ...]:
    return tuple(found[at] for at in sorted(found))
