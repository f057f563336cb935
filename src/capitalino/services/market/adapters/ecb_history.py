"""The European Central Bank's file of all past days: `eurofxref-hist.zip`, or the csv that is in it.

The bank lets everybody use its rates who names the source.
"""

import asyncio
import csv
import io
import zipfile
from collections.abc import Collection
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import httpx

from capitalino.services.market.adapters.port import SourceTrouble, malformed
from capitalino.services.market.domain.rates import Day, can_be

SIZE_MAX = 16 * 1024 * 1024
"""Packed it has 0.7 MB and unpacked 3, and grows by a row for each bank day."""
UNTOLD = {"", "N/A"}


async def fetch(place: str, timeout_s: float) -> bytes:
    """The file, from a path or an address."""
    try:
        if not place.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(place).read_bytes)
        async with (
            asyncio.timeout(timeout_s),
            httpx.AsyncClient(trust_env=False) as web,
            web.stream("GET", place) as answer,
        ):
            answer.raise_for_status()
            content = b""
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > SIZE_MAX:
                    raise SourceTrouble("too_large", "The answer is larger than any of its kind.")
            return content
    except (OSError, httpx.HTTPError) as error:  # a time-out is an OSError too
        raise SourceTrouble("unreachable", f"It was not read: {type(error).__name__}.") from error


def read(content: bytes, assets: Collection[str]) -> list[Day]:
    """What the file says of these currencies: so much for one euro. A figure that cannot be is left out."""
    rows = csv.reader(io.StringIO(_unpacked(content)))
    header = [name.strip() for name in next(rows, [])]
    if header[:1] != ["Date"] or "USD" not in header:
        raise malformed("It does not begin with a date and currencies.")
    wanted = [(place, name) for place, name in enumerate(header) if name in assets]
    days = []
    for row in rows:
        if not row:
            continue
        try:
            on = date.fromisoformat(row[0].strip())
            told = {name: Decimal(row[place]) for place, name in wanted if row[place].strip() not in UNTOLD}
        except (ValueError, InvalidOperation, IndexError) as error:
            raise malformed(f"Line {rows.line_num} is no date with rates.") from error
        days.append(Day(on, {name: rate for name, rate in told.items() if can_be(rate)}))
    return days


def _unpacked(content: bytes) -> str:
    try:
        if not zipfile.is_zipfile(io.BytesIO(content)):
            return content.decode("ascii")
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            (inside,) = [one for one in packed.infolist() if one.filename.endswith(".csv")]
            if inside.file_size > SIZE_MAX:
                raise SourceTrouble("too_large", "What is packed is larger than any of its kind.")
            return packed.read(inside).decode("ascii")
    except (ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise malformed("It is neither a csv nor a zip with one.") from error
