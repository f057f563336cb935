"""Entries in full: postings, lines, what refers to them; those of an account; open holds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, literal, select, text, tuple_

from capitalino.kit.db import Tx
from capitalino.services.ledger.domain import Standing, StatementFilter, Verdict
from capitalino.services.ledger.store.directory import below
from capitalino.services.ledger.store.records import (
    EntryRecord,
    LineRecord,
    ListedLine,
    PostingRecord,
    RelatedRecord,
)
from capitalino.services.ledger.tables.accounts import account
from capitalino.services.ledger.tables.entries import entry, line, open_hold, reversed_posting

Names = Mapping[int, tuple[str | None, str | None]]
"""Address and asset of accounts by their key."""
UNKNOWN = (None, None)
LOOKED_MAX = 10_000
"""Lines after an entry that are looked through for what refers to it: entries carry no index on that."""
# One batch gives all its lines of an account the same time: an entry's lines lie between two versions.
LINES = text("""
select l.units, a.address, a.asset, l.posted, l.held_out, l.held_in, l.version
  from ledger.account a
 cross join lateral (select ledger.version_at(a.account_id, :at) as last,
                            ledger.version_at(a.account_id, :at - interval '1 microsecond') as before) v
  join ledger.line l on l.account_id = a.account_id and l.version > v.before and l.version <= v.last
 where a.account_id = any (:accounts) and l.entry_id = :entry_id
 order by a.address, a.asset, l.version""")
QUIETEST = text("""
select a.account_id, v.last, a.version - v.last as later
  from ledger.account a cross join lateral (select ledger.version_at(a.account_id, :at) as last) v
 where a.account_id = any (:accounts)
 order by later limit 1""")


async def find(tx: Tx, entry_id: UUID) -> EntryRecord | None:
    """An entry with its postings and lines, accepted or refused; None when the book has never seen the id."""
    wanted = select(entry, open_hold.c.hold_id.is_not(None).label("is_open")).select_from(
        entry.outerjoin(open_hold, open_hold.c.hold_id == entry.c.entry_id)
    )
    row = (await tx.conn.execute(wanted.where(entry.c.entry_id == entry_id))).one_or_none()
    if row is None:
        return None
    touched, taken_back = sorted({*row.source, *row.destination}), await _taken_back(tx, entry_id)
    return EntryRecord(
        **_common(row),
        verdict=Verdict(row.status),
        book=row.book,
        expires_at=row.expires_at,
        limit_key=row.limit_key,
        reference_units=None if row.reference_units is None else int(row.reference_units),
        is_open=row.is_open,
        postings=_postings(row, await _names(tx, touched), taken_back),
        lines=await _lines(tx, row, touched) if row.status == Verdict.ACCEPTED else (),
        related=await _related(tx, row, _followed(row, touched, taken_back)),
    )


async def verdicts(tx: Tx, entry_ids: Sequence[UUID]) -> dict[UUID, tuple[Verdict, datetime]]:
    """What the book has said of these ids, and when; those that it has never seen are left out."""
    wanted = select(entry.c.entry_id, entry.c.status, entry.c.recorded_at)
    rows = await tx.conn.execute(wanted.where(entry.c.entry_id.in_(entry_ids)))
    return {row.entry_id: (Verdict(row.status), row.recorded_at) for row in rows}


async def addresses(tx: Tx, entry_ids: Sequence[UUID]) -> set[str]:
    """The addresses that entries touch."""
    ids = select(func.unnest(entry.c.source.op("||")(entry.c.destination)))
    ids = ids.where(entry.c.entry_id.in_(entry_ids))
    return set(
        (await tx.conn.execute(select(account.c.address).where(account.c.account_id.in_(ids)))).scalars()
    )


async def moved_assets(tx: Tx, entry_ids: Sequence[UUID]) -> dict[UUID, list[str | None]]:
    """The asset of each posting of these entries; those that the book has never seen are left out."""
    wanted = select(entry.c.entry_id, entry.c.source).where(entry.c.entry_id.in_(entry_ids))
    rows = (await tx.conn.execute(wanted)).all()
    names = await _names(tx, sorted({key for row in rows for key in row.source}))
    return {row.entry_id: [names.get(key, UNKNOWN)[1] for key in row.source] for row in rows}


async def of_account(
    tx: Tx, account_id: int, *, only: StatementFilter, before: int | None, limit: int
) -> list[ListedLine]:
    """All lines of an account, those in which only a hold changed too, newest first."""
    wanted = (
        select(entry.c.entry_id, entry.c.kind, entry.c.code, entry.c.refers_to, entry.c.metadata)
        .add_columns(entry.c.recorded_at, entry.c.effective_at, account.c.address, account.c.asset)
        .add_columns(line.c.units, line.c.posted, line.c.held_out, line.c.held_in, line.c.version)
        .join_from(line, entry, entry.c.entry_id == line.c.entry_id)
        .join(account, account.c.account_id == line.c.account_id)
        .where(line.c.account_id == account_id)
    )
    if before is not None:
        wanted = wanted.where(line.c.version < before)
    if only.since is not None:
        wanted = wanted.where(line.c.recorded_at >= only.since)
    if only.until is not None:
        wanted = wanted.where(line.c.recorded_at < only.until)
    if only.codes:
        wanted = wanted.where(entry.c.code.in_(only.codes))
    rows = await tx.conn.execute(wanted.order_by(line.c.version.desc()).limit(limit))
    return [ListedLine(**_common(row), line=_line(row)) for row in rows]


async def open_holds(
    tx: Tx, prefix: str, *, before: tuple[datetime, UUID] | None, offset: int, limit: int
) -> list[EntryRecord]:
    """Open holds that touch an account below the prefix, newest first."""
    pending = (account.c.debits_pending > 0) | (account.c.credits_pending > 0)
    ids = (
        select(line.c.entry_id)
        .join_from(account, line, line.c.account_id == account.c.account_id)
        .join(open_hold, open_hold.c.hold_id == line.c.entry_id)
        .where(below(prefix), pending)
    )
    wanted = select(entry, literal(value=True).label("is_open")).where(entry.c.entry_id.in_(ids))
    if before is not None:
        wanted = wanted.where(tuple_(entry.c.recorded_at, entry.c.entry_id) < before)
    order = (entry.c.recorded_at.desc(), entry.c.entry_id.desc())
    rows = (await tx.conn.execute(wanted.order_by(*order).offset(offset).limit(limit))).all()
    names = await _names(tx, sorted({key for row in rows for key in (*row.source, *row.destination)}))
    return [
        EntryRecord(
            **_common(row),
            verdict=Verdict.ACCEPTED,
            book=row.book,
            expires_at=row.expires_at,
            limit_key=row.limit_key,
            reference_units=None,
            is_open=True,
            postings=_postings(row, names, {}),
        )
        for row in rows
    ]


def _common(row: Row[Any]) -> dict[str, Any]:
    return {
        "entry_id": row.entry_id,
        "kind": row.kind,
        "code": row.code,
        "refers_to": row.refers_to,
        "recorded_at": row.recorded_at,
        "effective_at": row.effective_at or row.recorded_at,
        "metadata": row.metadata or {},
    }


async def _names(tx: Tx, accounts: Sequence[int]) -> Names:
    wanted = select(account.c.account_id, account.c.address, account.c.asset)
    rows = await tx.conn.execute(wanted.where(account.c.account_id.in_(accounts)))
    return {row.account_id: (row.address, row.asset) for row in rows}


async def _taken_back(tx: Tx, entry_id: UUID) -> dict[int, int]:
    kept = reversed_posting.c
    rows = await tx.conn.execute(select(kept.number, kept.units).where(kept.entry_id == entry_id))
    return {row.number: int(row.units) for row in rows}


def _postings(row: Row[Any], names: Names, taken_back: Mapping[int, int]) -> tuple[PostingRecord, ...]:
    found = []
    moved = zip(row.source, row.destination, row.units, strict=True)
    for number, (source, destination, units) in enumerate(moved, 1):
        left, came = names.get(source, UNKNOWN), names.get(destination, UNKNOWN)
        taken = taken_back.get(number, 0)
        found.append(PostingRecord(number, left[0], came[0], left[1] or came[1], int(units), taken))
    return tuple(found)


async def _lines(tx: Tx, row: Row[Any], touched: Sequence[int]) -> tuple[LineRecord, ...]:
    values = {"at": row.recorded_at, "accounts": touched, "entry_id": row.entry_id}
    return tuple(_line(one) for one in await tx.conn.execute(LINES, values))


def _followed(row: Row[Any], touched: Sequence[int], taken_back: Mapping[int, int]) -> set[tuple[int, ...]]:
    """Where what refers to the entry left its lines: on one account of each of these groups, for certain."""
    if row.kind == "hold":
        return {tuple(touched)} if row.status == Verdict.ACCEPTED and not row.is_open else set()
    return {(row.source[number - 1], row.destination[number - 1]) for number in taken_back}


async def _related(tx: Tx, row: Row[Any], followed: set[tuple[int, ...]]) -> tuple[RelatedRecord, ...] | None:
    """Looked for on the account of each group that moved least since; None where even that is too much."""
    found: dict[UUID, RelatedRecord] = {}
    for accounts in sorted(followed):
        values = {"at": row.recorded_at, "accounts": list(accounts)}
        account_id, last, later = (await tx.conn.execute(QUIETEST, values)).one()
        wanted = (
            select(entry.c.entry_id, entry.c.kind, entry.c.code, entry.c.recorded_at)
            .join_from(line, entry, entry.c.entry_id == line.c.entry_id)
            .where(line.c.account_id == account_id)
            .where(line.c.version > last, line.c.version <= last + LOOKED_MAX)
            .where(entry.c.refers_to == row.entry_id, entry.c.status == Verdict.ACCEPTED)
        )
        some = {one.entry_id: RelatedRecord(*one) for one in await tx.conn.execute(wanted)}
        if later > LOOKED_MAX and not (row.kind == "hold" and some):
            return None
        found |= some
    return tuple(sorted(found.values(), key=lambda one: (one.recorded_at, one.entry_id)))


def _line(row: Row[Any]) -> LineRecord:
    standing = Standing(
        row.address, row.asset, int(row.posted), int(row.held_out), int(row.held_in), row.version
    )
    return LineRecord(int(row.units), standing)
