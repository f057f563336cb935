"""What the supervisor knows of one part of the stack: how it starts, when it is ready, what it needs."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Check = Callable[[], Awaitable[bool]]
Work = Callable[[], Awaitable[None]]
Reason = Callable[[], Awaitable[str | None]]


async def nothing() -> None:
    """For a part that needs no work before or after its start."""


async def never() -> str | None:
    """For a part that has no reason to take longer than its time."""
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """A child process, or (without a command) work to be done once between others."""

    name: str
    title: str
    needs: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    prepare: Work = nothing
    """Before every start: files and folders."""
    ready: Check | None = None
    ready_within_s: float = 60.0
    waits_for: Reason = never
    """While there is a reason (a word for people), its time to become ready begins anew."""
    settle: Work = nothing
    """Once, after it is ready and before those that need it: roles, streams, migrations."""
    stop_signal: signal.Signals = signal.SIGTERM
    back_off_s: tuple[float, float] = (0.2, 5.0)
    """Before a dead child is started again: the first pause, and the longest after doubling."""
    changes_user: bool = False
    """The command itself gives up rights and arranges to die with us; the program comes after its `--`."""

    @property
    def program(self) -> str:
        """What runs in the end."""
        return self.command[self.command.index("--") + 1] if self.changes_user else self.command[0]


def in_order(parts: tuple[Part, ...]) -> tuple[tuple[Part, ...], ...]:
    """Parts in waves: each needs only those of earlier waves. Stopping goes the other way."""
    left = {part.name: part for part in parts}
    waves = []
    while left:
        wave = tuple(part for part in left.values() if not any(need in left for need in part.needs))
        assert wave, f"a circle among {sorted(left)}"
        waves.append(wave)
        for part in wave:
            del left[part.name]
    return tuple(waves)
