"""Faults on demand: what an exchange does on a bad day, switched on by a test or a curious person."""

import random
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from capitalino.sandbox.altered import Altered

Kind = Literal[
    "latency",
    "429",
    "5xx",
    "executed_then_dropped",
    "hang",
    "garbage_200",
    "never_arrived",
    "silence",
    "duplicate",
    "stale",
    "gap",
    "clock_skew",
    "partial_fill",
    "shut_out",
    "key_revoked",
]
VenueName = Literal["binance", "coinbase", "kraken", "okx"]

ALL, MESSAGE, STREAM, PLACE = "*", "message", "stream", "place"
ALTERING = {"duplicate", "stale", "clock_skew", "partial_fill", "key_revoked"}
"""These change an answer that comes; all others come in its place, or before it."""
OF_MESSAGES = {"gap", "duplicate", "latency", "never_arrived"}
"""What can befall one message of a stream: left out, told twice, late, or the connection is cut."""
LISTS = {
    PLACE,
    "look_up",
    "order",
    "open_orders",
    "all_orders",
    "fills",
    "old_fills",
    "deposits",
    "withdrawals",
}
"""Calls whose answers hold orders, fills, deposits or withdrawals."""
ONLY = {
    "partial_fill": {PLACE},
    "duplicate": LISTS | {MESSAGE},
    "stale": {"ticker", "book", "candles", STREAM},
    "silence": {STREAM},
    "gap": {STREAM, MESSAGE},
}
"""Some kinds make sense for some operations only; with `*` they befall these."""
GARBAGE = "<html><body><h1>Attention required</h1></body></html>"


class Fault(BaseModel):
    """Which operation fails, how, and when: always, at a `rate`, each `nth` call, at most so many `times`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str = Field(
        ALL,
        description="place, look_up, cancel, balances, ticker, withdraw, …; `stream` for opening one,"
        " `message` for each of its messages; or * for all calls.",
    )
    venue: VenueName | None = Field(None, description="Only at this exchange.")
    fault: Kind
    rate: float | None = Field(None, gt=0, le=1, description="The share of calls, drawn from the seed.")
    nth: int | None = Field(None, ge=1)
    times: int | None = Field(None, ge=1)
    delay_ms: int = Field(500, ge=0, le=60_000, description="For latency.")
    retry_after_s: int = Field(1, ge=0, description="For 429, and for shut_out with 418.")
    status: int = Field(503, ge=500, le=599, description="For 5xx.")
    edge: Literal[401, 403, 418, 451] = Field(451, description="For shut_out: what its edge answers.")
    executed: bool = Field(
        default=False, description="For 5xx, hang and garbage_200: the call is executed before it fails."
    )
    body: str = Field(GARBAGE, description="For garbage_200.")
    skew_ms: int = Field(
        60_000, ge=-86_400_000, le=86_400_000, description="For clock_skew: so far is theirs ahead."
    )
    age_ms: int = Field(120_000, ge=0, le=86_400_000, description="For stale: so old is what is told.")
    share: Decimal = Field(Decimal("0.5"), ge=0, lt=1, description="For partial_fill: so much is filled.")

    @model_validator(mode="after")
    def can_strike(self) -> Self:
        """A fault that never happens would look like a system that bears it."""
        fitting = ONLY.get(self.fault)
        if fitting is not None and self.operation not in fitting | {ALL}:
            raise ValueError(f"{self.fault} can befall only {', '.join(sorted(fitting))}")
        if self.operation == MESSAGE and self.fault not in OF_MESSAGES:
            raise ValueError(f"only {', '.join(sorted(OF_MESSAGES))} can befall a message")
        return self

    def befalls(self, operation: str, venue: str) -> bool:
        """Whether it is about such a call. `*` means no messages, for they are many; a gap always does."""
        if self.venue not in {None, venue}:
            return False
        if operation == MESSAGE:
            return self.operation == MESSAGE or self.fault == "gap"
        return (
            self.fault != "gap"
            and self.operation in {operation, ALL}
            and operation in ONLY.get(self.fault, {operation})
        )


@dataclass(frozen=True, slots=True)
class Befallen:
    """What befalls one call: at most one fault in place of its answer, and any that change the answer."""

    ends: Fault | None = None
    alters: tuple[Fault, ...] = ()

    @property
    def is_doubled(self) -> bool:
        """Whether what is listed is listed twice."""
        return any(fault.fault == "duplicate" for fault in self.alters)

    @property
    def altered(self) -> Altered:
        """What the exchange does otherwise while it answers."""
        by_kind = {fault.fault: fault for fault in reversed(self.alters)}
        skew, stale, partial = (by_kind.get(kind) for kind in ("clock_skew", "stale", "partial_fill"))
        return Altered(
            skew.skew_ms if skew else 0,
            stale.age_ms if stale else 0,
            partial.share if partial else None,
            is_key_revoked="key_revoked" in by_kind,
        )


class On:
    """A fault that is on, with a chance of its own: it strikes alike, whatever else is on."""

    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._seen = 0
        self._struck = 0

    def strikes(self) -> bool:
        """Count a call, and say whether it is this one's turn."""
        fault = self.fault
        self._seen += 1
        if fault.nth is not None and self._seen % fault.nth:
            return False
        if fault.times is not None and self._struck >= fault.times:
            return False
        if fault.rate is not None and self._chance.random() >= fault.rate:
            return False
        self._struck += 1
        return True


class Faults:
    """The faults that are on, and how often each operation was called."""

    def __init__(self, seed: int = 20_240_601) -> None:
        self._on: list[On] = []
        self._seed = seed
        self.calls: Counter[str] = Counter()

    def add(self, fault: Fault) -> None:
        """Switch one on; of several that end a call in another way, the first that is due acts."""
        self._on.append(On(fault, f"{self._seed} {len(self._on)}"))

    def clear(self) -> None:
        """Switch all off."""
        self._on.clear()

    def sow(self, seed: int) -> None:
        """From here on chance begins anew, and is the same again after the same seed."""
        self._seed = seed
        self._on = [On(one.fault, f"{seed} {i}") for i, one in enumerate(self._on)]

    def on(self) -> tuple[Fault, ...]:
        """Those that are on."""
        return tuple(one.fault for one in self._on)

    def due(self, operation: str, venue: str = "") -> Befallen:
        """Count a call, and say what befalls it."""
        self.calls[operation] += 1
        ends, alters = None, []
        for one in self._on:
            if not one.fault.befalls(operation, venue):
                continue
            if one.fault.fault in ALTERING:
                alters += [one.fault] if one.strikes() else []
            elif ends is None and one.strikes():
                ends = one.fault
        return Befallen(ends, tuple(alters))
