"""From the contract's commands to entries, and from outcomes back to answers."""

from collections.abc import Callable, Sequence
from typing import Any

from capitalino.contracts.ledger.api import (
    AnyEntry,
    Balance,
    CaptureHold,
    EntryAccepted,
    EntryOutcome,
    HoldUnits,
    PostEntry,
    Posting,
    ReleaseHold,
    ReverseEntry,
)
from capitalino.kit.errors import AppError
from capitalino.services.ledger.domain import Entry, Movement, Outcome, Share, Standing, Verdict
from capitalino.services.ledger.errors.entries import EntryUnsound
from capitalino.services.ledger.service.refusals import REFUSALS

State = tuple[Outcome | AppError, Entry]


def entry_of(command: AnyEntry) -> Entry:
    """The entry that a command means. EntryUnsound: it can't be judged, and its id is not spent."""
    entry: Entry = OF_KIND[command.kind](command)
    if not entry.is_sound:
        raise EntryUnsound(
            "The entry moves nothing, or more than the book can count.", entry_id=str(entry.entry_id)
        )
    return entry


def _post(command: PostEntry) -> Entry:
    return Entry(
        command.entry_id,
        "post",
        command.code,
        _movements(command.postings),
        effective_at=command.effective_at,
        metadata=_with_terms(command),
        reference_units=command.reference_units,
        limit_key=command.limit_key,
    )


def _hold(command: HoldUnits) -> Entry:
    return Entry(
        command.entry_id,
        "hold",
        command.code,
        _movements(command.postings),
        expires_at=command.expires_at,
        effective_at=command.effective_at,
        metadata=command.metadata,
        reference_units=command.reference_units,
        limit_key=command.limit_key,
    )


def _capture(command: CaptureHold) -> Entry:
    return Entry(
        command.entry_id,
        "capture",
        command.code,
        _movements(command.further),
        command.hold_id,
        command.units,
        effective_at=command.effective_at,
        metadata=_with_terms(command),
    )


def _release(command: ReleaseHold) -> Entry:
    return Entry(command.entry_id, "release", command.code, refers_to=command.hold_id)


def _reversal(command: ReverseEntry) -> Entry:
    return Entry(
        command.entry_id,
        "reverse",
        command.code,
        refers_to=command.reverses,
        shares=tuple(Share(one.number, one.units) for one in command.shares),
        effective_at=command.effective_at,
        metadata=command.metadata,
    )


OF_KIND: dict[str, Callable[[Any], Entry]] = {
    "post": _post,
    "hold": _hold,
    "capture": _capture,
    "release": _release,
    "reverse": _reversal,
}
"""By the command's own word: asking for its class takes four times as long."""


def accepted(entry: Entry, outcome: Outcome) -> EntryAccepted:
    """The answer to one command; its refusal is raised."""
    if outcome.verdict.is_refusal:
        raise refusal_of(entry, outcome.verdict)
    assert outcome.recorded_at is not None, "what was accepted has its time"
    told = {
        "entry_id": entry.entry_id,
        "repeated": outcome.verdict is Verdict.REPEATED,
        "recorded_at": outcome.recorded_at,
        "balances": [*map(_told, outcome.standings)],
    }
    return EntryAccepted.model_validate(told)


def outcome_of(entry: Entry, outcome: Outcome | AppError, *, balances: bool) -> EntryOutcome:
    """The answer to one of many."""
    if isinstance(outcome, AppError):
        state = "refused" if isinstance(outcome, EntryUnsound) else "unknown"
        return EntryOutcome(entry_id=entry.entry_id, state=state, code=outcome.code)  # type: ignore[arg-type]
    if outcome.verdict.is_refusal:
        code = REFUSALS[outcome.verdict][0].code
        return EntryOutcome(entry_id=entry.entry_id, state="refused", code=code)
    told = {
        "entry_id": entry.entry_id,
        "state": "repeated" if outcome.verdict is Verdict.REPEATED else "accepted",
        "recorded_at": outcome.recorded_at,
        "balances": [*map(_told, outcome.standings)] if balances else None,
    }
    return EntryOutcome.model_validate(told)


def refusal_of(entry: Entry, verdict: Verdict) -> AppError:
    """The refusal that a verdict means."""
    refusal, sentence = REFUSALS[verdict]
    return refusal(sentence, entry_id=str(entry.entry_id))


def balance(standing: Standing) -> Balance:
    """As the contract says it."""
    return Balance.model_validate(_told(standing))


def _told(standing: Standing) -> dict[str, object]:
    """A whole answer is checked at once: that costs two thirds of what its parts cost one by one."""
    address, asset, posted, held_out, held_in, version = standing
    return {
        "address": address,
        "asset": asset,
        "posted": posted,
        "held_out": held_out,
        "held_in": held_in,
        "version": version,
    }


def _with_terms(command: PostEntry | CaptureHold) -> dict[str, str]:
    """The quote and its rate stay with the entry."""
    terms = command.exchange
    if terms is None:
        return command.metadata
    return {**command.metadata, "quote_id": str(terms.quote_id), "rate": f"{terms.rate:f}"}


def _movements(postings: Sequence[Posting]) -> tuple[Movement, ...]:
    return tuple([Movement(one.source, one.destination, one.asset, one.units) for one in postings])
