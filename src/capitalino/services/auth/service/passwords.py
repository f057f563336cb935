"""Hashing passwords: argon2id in a few processes, and refusing work rather than drowning in it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from threading import BoundedSemaphore
from typing import Any, TypeVar

from capitalino.kit.db import outside_transaction
from capitalino.services.auth.adapters import hashing
from capitalino.services.auth.domain.passwords import canonical, must_be_good
from capitalino.services.auth.errors import HashingBusy
from capitalino.services.auth.settings import AuthSettings

T = TypeVar("T")
RETRY_AFTER_S = 2
NOBODYS = "nobody's password"


@cache
def common_passwords() -> frozenset[str]:
    """The list that is shipped with us: no password leaves this machine to be looked up."""
    text = (files("capitalino.services.auth.domain") / "common_passwords.txt").read_text("ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


class Passwords:
    """One object a process. At most `hash_workers + hash_waiting_max` passwords are in it."""

    def __init__(self, settings: AuthSettings) -> None:
        self._cost = hashing.Cost(
            settings.hash_time_cost, settings.hash_memory_kib, settings.hash_parallelism
        )
        self._count = settings.hash_workers
        self._workers: Executor = ThreadPoolExecutor(self._count, "argon2")
        """Processes, once it is opened."""
        self._room = BoundedSemaphore(self._count + settings.hash_waiting_max)
        self._nobodys: str | None = None

    def must_have_room(self) -> None:
        """HashingBusy when too many wait: before anything else is done for who would be sent away anyway."""
        if not self._room.acquire(blocking=False):
            raise HashingBusy("Too many people sign in just now.", retry_after_s=RETRY_AFTER_S)
        self._room.release()

    async def hashed(self, password: str, address: str) -> str:
        """The hash of a new password; PasswordRefused for an easy one, HashingBusy when too many wait."""
        must_be_good(password, address, common_passwords())
        return await self._run(hashing.hashed, canonical(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password. With None, for an unknown login, the same work is done for nothing."""
        compared = hashed or await self._dummy()
        return await self._run(hashing.matches, canonical(password), compared) and hashed is not None

    async def rehashed(self, password: str, hashed: str) -> str | None:
        """A new hash where the settings have grown stronger since; None where the old one will do."""
        if not hashing.hasher(self._cost).check_needs_rehash(hashed):
            return None
        return await self._run(hashing.hashed, canonical(password))

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A resource of the process: its workers; and the hash of nobody's password, made beforehand."""
        self._workers = hashing.processes(self._count)
        await self._dummy()
        yield
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def _dummy(self) -> str:
        if self._nobodys is None:
            self._nobodys = await self._run(hashing.hashed, NOBODYS)
        return self._nobodys

    async def _run(self, work: Callable[..., T], *given: Any) -> T:
        outside_transaction()
        if not self._room.acquire(blocking=False):
            raise HashingBusy("Too many people sign in just now.", retry_after_s=RETRY_AFTER_S)
        running = self._submitted(work, *given)
        # Not when the caller leaves, but when the worker is done with it, there is room again.
        running.add_done_callback(lambda _: self._room.release())
        try:
            return await asyncio.wrap_future(running)
        except BrokenExecutor as error:  # a worker was killed, for want of memory perhaps
            raise HashingBusy("Signing in is being put right.", retry_after_s=RETRY_AFTER_S) from error

    def _submitted(self, work: Callable[..., T], *given: Any) -> Future[T]:
        try:
            return self._workers.submit(work, self._cost, *given)
        except BrokenExecutor:  # by then nothing can be done with them but to begin anew
            self._workers = hashing.processes(self._count)
            return self._workers.submit(work, self._cost, *given)
