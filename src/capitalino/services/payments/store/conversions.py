"""Conversions, their steps and their orders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, insert, null, select, text, update

from capitalino.kit.db import Tx
from capitalino.kit.ids import step_id
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.payments import (
    BEFORE,
    Attempt,
    Conversion,
    Settlement,
    State,
    Step,
    numbered,
)
from capitalino.services.payments.store import quotes
from capitalino.services.payments.tables.payments import attempt, conversion, conversion_step, quote

LAST_ATTEMPT = select(func.max(attempt.c.attempt)).where(
    attempt.c.conversion_id == conversion.c.conversion_id
)
WHOLE = (
    select(
        conversion,
        *(column for column in quote.c if column.name not in ("quote_id", "investor_id", "created_at")),
        attempt.c.attempt,
        attempt.c.client_order_id,
        attempt.c.venue,
        attempt.c.sent_at,
        attempt.c.state.label("attempt_state"),
        attempt.c.base_units,
        attempt.c.quote_units,
        attempt.c.wanted_units,
        attempt.c.left_units,
        attempt.c.routing,
    )
    .join(quote, quote.c.quote_id == conversion.c.quote_id)
    .outerjoin(
        attempt,
        and_(
            attempt.c.conversion_id == conversion.c.conversion_id,
            attempt.c.attempt == LAST_ATTEMPT.correlate(conversion).scalar_subquery(),
        ),
    )
)
# Rows that are due, claimed so that no other replica takes them in the meantime.
CLAIM = """
update payments.conversion c set due_at = now() + make_interval(secs => :lease)
 where c.conversion_id in (select d.conversion_id from payments.conversion d
                            where d.state in ('pending', 'unknown') and d.due_at <= now()
                            order by d.due_at limit :limit for update skip locked)
returning c.conversion_id"""


@dataclass(frozen=True, slots=True)
class Move:
    """What one step changes: nothing else of a conversion is ever written."""

    step: Step
    state: State = State.PENDING
    reason: str | None = None
    settled_at: datetime | None = None
    entry_number: int | None = None
    """The number of the ids that the books are asked under from now on."""
    settlement: Settlement | None = None
    """How it is settled from now on."""
    is_due: bool = False
    """Whether it is taken up at once, by whoever looks next."""


async def add(tx: Tx, new: Conversion, due_in_s: float) -> None:
    """Write the intention, with the ids of all that will be asked for it."""
    row = {
        "conversion_id": new.conversion_id,
        "investor_id": new.investor_id,
        "quote_id": new.quote.quote_id,
        "state": new.state,
        "step": new.step,
        "settlement": new.settlement,
        "hold_id": step_id(new.conversion_id, "hold"),
        **_asked_under(new.conversion_id, new.entry_number),
        "due_at": func.now() + timedelta(seconds=due_in_s),
        "effective_at": new.effective_at,
    }
    await tx.conn.execute(insert(conversion).values(row))
    await _note(tx, new.conversion_id, new.step, new.state)


async def get(tx: Tx, conversion_id: UUID, *, lock: bool = False) -> Conversion | None:
    """A conversion with its quote, its last order and its timeline."""
    query = WHOLE.where(conversion.c.conversion_id == conversion_id)
    if lock:
        query = query.with_for_update(of=conversion)
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        return None
    steps = select(conversion_step).where(conversion_step.c.conversion_id == conversion_id)
    noted = (await tx.conn.execute(steps.order_by(conversion_step.c.number))).all()
    firsts = (next(same) for _, same in groupby(noted, key=lambda one: one.step))
    timeline = tuple((one.step, one.at) for one in firsts)
    found = _conversion(row, timeline, noted[-1].at)
    if found.attempt is None or found.attempt.attempt == 1:
        return replace(found, fills=_only_filled(found.attempt))
    return replace(found, fills=await attempts(tx, conversion_id, state="filled"))


async def page(tx: Tx, investor_id: UUID, wanted: Page) -> list[tuple[int, Conversion]]:
    """An investor's conversions, the newest first, each with its position."""
    query = WHOLE.where(conversion.c.investor_id == investor_id)
    if (after := wanted.after_number) is not None:
        query = query.where(conversion.c.position < after)
    query = query.order_by(conversion.c.position.desc()).limit(wanted.limit).offset(wanted.offset)
    return [(row.position, _conversion(row, ())) for row in await tx.conn.execute(query)]


async def lock(tx: Tx, conversion_id: UUID) -> tuple[Step, int, int]:
    """Keep others off until the transaction ends, and say how far it is: its mark."""
    last = func.coalesce(LAST_ATTEMPT.correlate(conversion).scalar_subquery(), 0).label("attempt")
    query = select(conversion.c.step, last, conversion.c.entry_number)
    query = query.where(conversion.c.conversion_id == conversion_id).with_for_update(of=conversion)
    row = (await tx.conn.execute(query)).one()
    return Step(row.step), row.attempt, row.entry_number


async def move(tx: Tx, conversion_id: UUID, moves: Sequence[Move]) -> None:
    """Write what one or more steps have changed: each is noted, the last one stands."""
    last = moves[-1]
    values: dict[str, Any] = {
        "step": last.step,
        "state": last.state,
        "reason": last.reason,
        "settled_at": last.settled_at,
        "tries": 0,
    }
    if last.entry_number is not None:
        values |= _asked_under(conversion_id, last.entry_number)
    if last.settlement is not None:
        values["settlement"] = last.settlement
    if last.is_due:
        values["due_at"] = func.now()
    await _change(tx, conversion_id, last.state, values)
    for one in moves:
        await _note(tx, conversion_id, one.step, one.state)


async def put_off(tx: Tx, current: Conversion, seconds: float, state: State, *, is_try: bool = True) -> None:
    """Come back to it later; `current` as it stands under the lock."""
    values = {
        "due_at": func.now() + timedelta(seconds=seconds),
        "tries": conversion.c.tries + int(is_try),
        "state": state,
    }
    await _change(tx, current.conversion_id, state, values)
    if state is not current.state:
        await _note(tx, current.conversion_id, current.step, state)


async def claim_due(tx: Tx, limit: int, lease_s: float) -> Sequence[UUID]:
    """Take what is due, for a while."""
    return (await tx.conn.execute(text(CLAIM), {"limit": limit, "lease": lease_s})).scalars().all()


async def add_attempt(tx: Tx, conversion_id: UUID, new: Attempt) -> None:
    """Write that an order is about to be sent."""
    row = {
        "conversion_id": conversion_id,
        "attempt": new.attempt,
        "client_order_id": new.client_order_id,
        "venue": new.venue,
        "state": new.state,
        "sent_at": new.sent_at,
        "base_units": 0,
        "quote_units": 0,
        "wanted_units": new.wanted_units,
        "left_units": new.left_units,
        "routing": null() if new.routing is None else dict(new.routing),
    }
    await tx.conn.execute(insert(attempt).values(row))


async def save_attempt(tx: Tx, conversion_id: UUID, changed: Attempt) -> None:
    """Write what became of the order."""
    mine = (attempt.c.conversion_id == conversion_id) & (attempt.c.attempt == changed.attempt)
    values = {"state": changed.state, "base_units": changed.base_units, "quote_units": changed.quote_units}
    await tx.conn.execute(update(attempt).where(mine).values(values))


async def attempts(tx: Tx, conversion_id: UUID, *, state: str | None = None) -> tuple[Attempt, ...]:
    """All its orders, or those in one state, the first one first."""
    mine = select(attempt).where(attempt.c.conversion_id == conversion_id).order_by(attempt.c.attempt)
    if state is not None:
        mine = mine.where(attempt.c.state == state)
    return tuple(_attempt(row, row.state) for row in await tx.conn.execute(mine))


async def has_late(tx: Tx, conversion_id: UUID) -> bool:
    """Whether an order of it was executed that no books have."""
    late = (attempt.c.conversion_id == conversion_id) & (attempt.c.state == "late")
    return bool((await tx.conn.execute(select(select(attempt).where(late).exists()))).scalar_one())


async def set_aside(tx: Tx, conversion_id: UUID, kept: int | None = None) -> None:
    """It goes on without its orders: what was filled is late from here, on no books.

    With one that is `kept`, it goes on with that and with all that were filled. What was sent counts as never
    executed; whoever finds out otherwise notes it as late.
    """
    others = (attempt.c.conversion_id == conversion_id) & (attempt.c.attempt != (kept or 0))
    for before, after in (("filled", "late"), ("sent", "never"))[0 if kept is None else 1 :]:
        await tx.conn.execute(update(attempt).where(others & (attempt.c.state == before)).values(state=after))


async def save_late(tx: Tx, conversion_id: UUID, filled: Attempt) -> bool:
    """Write that an order was executed after its conversion went on; False when its fill is written."""
    other = (attempt.c.conversion_id == conversion_id) & (attempt.c.attempt == filled.attempt)
    values = {"state": "late", "base_units": filled.base_units, "quote_units": filled.quote_units}
    done = await tx.conn.execute(
        update(attempt).where(other & attempt.c.state.in_(("sent", "never"))).values(values)
    )
    return done.rowcount == 1


async def _change(tx: Tx, conversion_id: UUID, state: State, values: dict[str, Any]) -> None:
    """Write a change to a row that is locked, if the table of legal moves has it."""
    legal = (conversion.c.conversion_id == conversion_id) & conversion.c.state.in_(BEFORE[state])
    done = await tx.conn.execute(update(conversion).where(legal).values(values))
    assert done.rowcount == 1, f"{state} does not follow from where this conversion stands"


def _only_filled(one: Attempt | None) -> tuple[Attempt, ...]:
    return () if one is None or one.state != "filled" else (one,)


def _asked_under(conversion_id: UUID, number: int) -> dict[str, Any]:
    return {
        "entry_number": number,
        "entry_id": step_id(conversion_id, numbered("entry", number)),
        "release_id": step_id(conversion_id, numbered("release", number)),
    }


async def _note(tx: Tx, conversion_id: UUID, step: Step, state: State) -> None:
    count = select(func.count()).where(conversion_step.c.conversion_id == conversion_id).scalar_subquery()
    row = {"conversion_id": conversion_id, "number": count, "step": step, "state": state}
    await tx.conn.execute(insert(conversion_step).values(row))


def _conversion(
    row: Row[Any], timeline: tuple[tuple[str, datetime], ...], moved_at: datetime | None = None
) -> Conversion:
    last = None if row.attempt is None else _attempt(row, row.attempt_state)
    return Conversion(
        conversion_id=row.conversion_id,
        investor_id=row.investor_id,
        quote=quotes.of(row),
        state=State(row.state),
        step=Step(row.step),
        created_at=row.created_at,
        attempt=last,
        settled_at=row.settled_at,
        reason=row.reason,
        tries=row.tries,
        effective_at=row.effective_at,
        timeline=timeline,
        entry_number=row.entry_number,
        moved_at=moved_at,
        settlement=row.settlement,
    )


def _attempt(row: Row[Any], state: Any) -> Attempt:
    return Attempt(
        attempt=row.attempt,
        client_order_id=row.client_order_id,
        venue=row.venue,
        sent_at=row.sent_at,
        state=state,
        base_units=int(row.base_units),
        quote_units=int(row.quote_units),
        wanted_units=int(row.wanted_units),
        left_units=int(row.left_units),
        routing=row.routing,
    )
