"""Hashing passwords: argon2id in a few threads, and refusing work rather than drowning in it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from capitalino.kit.db import outside_transaction
from capitalino.services.auth.domain.passwords import canonical, must_be_good
from capitalino.services.auth.errors import HashingBusy
from capitalino.services.auth.settings import AuthSettings

T = TypeVar("T")
RETRY_AFTER_S = 2


@cache
def common_passwords() -> frozenset[str]:
    """The list that is shipped with us: no password leaves this machine to be looked up."""
    text = (files("capitalino.services.auth.domain") / "common_passwords.txt").read_text("ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


class Passwords:
    """One object a process, with its own threads. At most `threads + waiting` passwords are in it."""

    def __init__(self, settings: AuthSettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.hash_time_cost,
            memory_cost=settings.hash_memory_kib,
            parallelism=settings.hash_parallelism,
        )
        self._threads = ThreadPoolExecutor(settings.hash_threads, "argon2")
        self._room = BoundedSemaphore(settings.hash_threads + settings.hash_waiting_max)
        self._nobodys: str | None = None

    async def hashed(self, password: str, address: str) -> str:
        """The hash of a new password; PasswordRefused for an easy one, HashingBusy when too many wait."""
        must_be_good(password, address, common_passwords())
        return await self._run(lambda: self._hasher.hash(canonical(password)))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password. With None, for an unknown login, the same work is done for nothing."""
        return await self._run(lambda: self._verify(canonical(password), hashed))

    async def rehashed(self, password: str, hashed: str) -> str | None:
        """A new hash where the settings have grown stronger since; None where the old one will do."""
        if not self._hasher.check_needs_rehash(hashed):
            return None
        return await self._run(lambda: self._hasher.hash(canonical(password)))

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A resource of the process: makes the hash of nobody's password beforehand, ends the threads."""
        await self._run(self._dummy)
        yield
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, hashed: str | None) -> bool:
        try:
            self._hasher.verify(hashed or self._dummy(), password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def _dummy(self) -> str:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash("nobody's password")
        return self._nobodys

    async def _run(self, work: Callable[[], T]) -> T:
        outside_transaction()
        if not self._room.acquire(blocking=False):
            raise HashingBusy("Too many people sign in just now.", retry_after_s=RETRY_AFTER_S)
        running = self._threads.submit(work)
        # Not when the caller leaves, but when the thread is done with it, there is room again.
        running.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(running)
