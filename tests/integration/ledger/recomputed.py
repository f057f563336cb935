"""The chain once more in plain Python, from the raw rows: the SQL cannot be wrong in the same way twice."""

import struct
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NOTHING = b"\xff\xff\xff\xff"
"""The length of a column without a value."""


def int2(number: int) -> bytes:
    return struct.pack(">h", number)


def int4(number: int) -> bytes:
    return struct.pack(">i", number)


def int8(number: int) -> bytes:
    return struct.pack(">q", number)


def instant(at: datetime) -> bytes:
    """Microseconds since 2000."""
    return int8((at - EPOCH) // timedelta(microseconds=1))


def numeric(number: Decimal) -> bytes:
    """A whole number in base 10,000: how many digits, weight of the first, sign, no decimals, the digits."""
    assert number == number.to_integral_value()
    rest, digits = abs(int(number)), list[int]()
    while rest:
        rest, digit = divmod(rest, 10_000)
        digits.insert(0, digit)
    weight = max(len(digits) - 1, 0)
    while digits and not digits[-1]:
        digits.pop()
    sign = 0x4000 if number < 0 else 0
    return struct.pack(f">hhHH{len(digits)}h", len(digits), weight, sign, 0, *digits)


def array(oid: int, write: Callable[[Any], bytes]) -> Callable[[Sequence[Any]], bytes]:
    """One dimension from 1, no element without a value."""

    def written(elements: Sequence[Any]) -> bytes:
        head = struct.pack(">iiI", 1 if elements else 0, 0, oid)
        if not elements:
            return head
        parts = [write(element) for element in elements]
        return head + int4(len(parts)) + int4(1) + b"".join(int4(len(part)) + part for part in parts)

    return written


def json(text: str) -> bytes:
    """The form's number, then the text as the server writes it."""
    return b"\x01" + text.encode()


Type = tuple[int, Callable[[Any], bytes]]
ID: Type = (2950, lambda one: UUID(str(one)).bytes)
AT: Type = (1184, instant)
SMALL: Type = (21, int2)
BIG: Type = (20, int8)
WORD: Type = (25, str.encode)
UNITS: Type = (1700, numeric)
DOCUMENT: Type = (3802, json)
BIGS: Type = (1016, array(20, int8))
MANY_UNITS: Type = (1231, array(1700, numeric))

ENTRY = {
    "entry_id": ID,
    "fingerprint": ID,
    "recorded_at": AT,
    "refers_to": ID,
    "effective_at": AT,
    "expires_at": AT,
    "shard": SMALL,
    "status": SMALL,
    "kind": WORD,
    "code": WORD,
    "book": WORD,
    "source": BIGS,
    "destination": BIGS,
    "units": MANY_UNITS,
    "reference_units": UNITS,
    "metadata": DOCUMENT,
    "limit_key": WORD,
}
LINE = {
    "account_id": BIG,
    "version": BIG,
    "recorded_at": AT,
    "effective_at": AT,
    "entry_id": ID,
    "shard": SMALL,
    "book": WORD,
    "units": UNITS,
    "posted": UNITS,
    "held_out": UNITS,
    "held_in": UNITS,
    "address": WORD,
    "asset": WORD,
}


def row(columns: dict[str, Type], values: Any) -> bytes:
    """How many columns; of each its type, its length, itself. Then the length of all that in front."""
    parts = [int4(len(columns))]
    for name, (oid, write) in columns.items():
        written = None if values[name] is None else write(values[name])
        parts.append(struct.pack(">I", oid) + (NOTHING if written is None else int4(len(written)) + written))
    body = b"".join(parts)
    return int4(len(body)) + body


async def chain(url: str) -> list[tuple[bytes, bytes]]:
    """The hash of each block as it is kept, and as the raw rows make it."""
    there = await asyncpg.connect(url)
    entries = {one["entry_id"]: one for one in await there.fetch("select * from ledger.entry")}
    lines = defaultdict(list)
    for one in await there.fetch(
        "select l.*, a.address, a.asset from ledger.line l join ledger.account a using (account_id) "
        "order by l.account_id, l.version"
    ):
        lines[one["entry_id"]].append(one)
    blocks = await there.fetch(
        "select number, sealed_at, xid, seq, written_at, hash, entry_ids from ledger.block order by number"
    )
    await there.close()
    found, before = [], bytes(32)
    for block in blocks:
        leaves = b"".join(
            sha256(row(ENTRY, entries[key]) + b"".join(row(LINE, line) for line in lines[key])).digest()
            for key in block["entry_ids"]
        )
        head = int8(block["number"]) + instant(block["sealed_at"])
        until = int8(block["xid"]) + int8(block["seq"]) + instant(block["written_at"])
        before = sha256(before + head + until + leaves).digest()
        found.append((block["hash"], before))
    return found
