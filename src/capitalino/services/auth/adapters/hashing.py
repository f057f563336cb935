"""Argon2id, as it runs in processes of its own: they stand back behind all other work of the machine.

Threads would not do: one that stands back and holds the interpreter's lock holds everybody up.
"""

import ctypes
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

NICE = 15
AUTOGROUP = Path("/proc/self/autogroup")
END_WITH_PARENT = 1
"""Linux: PR_SET_PDEATHSIG."""


class Cost(NamedTuple):
    """What one hash costs: rounds, KiB, lanes."""

    time: int
    memory_kib: int
    parallelism: int


@cache
def hasher(cost: Cost) -> PasswordHasher:
    """The library's, for this cost."""
    return PasswordHasher(cost.time, cost.memory_kib, cost.parallelism)


def hashed(cost: Cost, password: str) -> str:
    """A new hash."""
    return hasher(cost).hash(password)


def matches(cost: Cost, password: str, hashed: str) -> bool:
    """Whether it is the password of this hash, which may be of another cost."""
    try:
        return hasher(cost).verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def processes(count: int) -> ProcessPoolExecutor:
    """Started when they are first needed; they end with the process that started them, however it ends."""
    return ProcessPoolExecutor(count, get_context("spawn"), _stand_back, (os.getpid(),))


def _stand_back(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before that was said
        os._exit(1)
    with suppress(OSError):
        os.nice(NICE)
        os.setsid()  # Linux weighs sessions against each other, and this one is to weigh little
        AUTOGROUP.write_text(str(NICE))
