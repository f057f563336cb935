"""Hashing passwords: the same work for everybody, and never more than the machine can take."""

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any

import psutil
import pytest

from capitalino.services.auth.adapters import hashing
from capitalino.services.auth.errors import HashingBusy
from capitalino.services.auth.service.passwords import Passwords
from capitalino.services.auth.settings import AuthSettings

QUICK = {"hash_memory_kib": 8, "hash_time_cost": 1}
PASSWORD = "long enough, and said by nobody"


async def test_only_the_right_password_matches() -> None:
    passwords = Passwords(AuthSettings(**QUICK))  # type: ignore[arg-type]
    hashed = await passwords.hashed(PASSWORD, "sara@example.com")
    assert hashed.startswith("$argon2id$")
    assert await passwords.matches(PASSWORD, hashed)
    assert not await passwords.matches(PASSWORD + " ", hashed)
    assert not await passwords.matches(PASSWORD, "no hash at all")


class Noting(ThreadPoolExecutor):
    """Notes the passwords that are checked."""

    def __init__(self) -> None:
        super().__init__(1)
        self.checked: list[str] = []

    def submit(self, work: Any, /, *given: Any, **named: Any) -> Any:
        if work is hashing.matches:
            self.checked.append(given[1])
        return super().submit(work, *given, **named)


async def test_nobodys_password_never_matches_but_is_checked() -> None:
    passwords, noting = Passwords(AuthSettings(**QUICK)), Noting()  # type: ignore[arg-type]
    passwords._workers = noting
    assert not await passwords.matches("nobody's password", None)
    assert noting.checked == ["nobody's password"]


async def test_who_is_one_too_many_is_sent_away_and_the_place_is_free_again() -> None:
    settings = AuthSettings(hash_workers=1, hash_waiting_max=2, **QUICK)  # type: ignore[arg-type]
    passwords, go = Passwords(settings), Event()
    waiting = [asyncio.ensure_future(passwords._run(lambda _: go.wait(5))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(HashingBusy) as refused:
        await passwords.matches(PASSWORD, None)
    assert refused.value.details["retry_after_s"] > 0
    waiting[2].cancel()  # its caller has left before its turn
    await asyncio.wait(waiting[2:])
    one_more = asyncio.ensure_future(passwords.matches(PASSWORD, None))
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*waiting[:2]) == [True, True]
    assert not await one_more


async def test_a_hash_is_made_anew_where_the_settings_have_grown() -> None:
    weak, strong = Passwords(AuthSettings(**QUICK)), Passwords(AuthSettings(**QUICK | {"hash_time_cost": 2}))  # type: ignore[arg-type]
    hashed = await weak.hashed(PASSWORD, "sara@example.com")
    assert await weak.rehashed(PASSWORD, hashed) is None
    made = await strong.rehashed(PASSWORD, hashed)
    assert made is not None
    assert await weak.matches(PASSWORD, made)


def workers() -> list[psutil.Process]:
    """The processes that hash for this one."""
    children = psutil.Process().children(recursive=True)
    return [one for one in children if "spawn_main" in " ".join(one.cmdline())]


async def test_once_it_is_opened_hashing_stands_back_in_processes_of_its_own() -> None:
    passwords = Passwords(AuthSettings(**QUICK | {"hash_workers": 1}))  # type: ignore[arg-type]
    before = set(workers())
    async with passwords.open():
        hashed = await passwords.hashed(PASSWORD, "sara@example.com")
        assert await passwords.matches(PASSWORD, hashed)
        assert not await passwords.matches(PASSWORD + "?", hashed)
        (worker,) = set(workers()) - before
        assert worker.nice() >= hashing.NICE


async def test_a_worker_that_is_killed_is_replaced() -> None:
    passwords = Passwords(AuthSettings(**QUICK | {"hash_workers": 1}))  # type: ignore[arg-type]
    before = set(workers())
    async with passwords.open():
        (worker,) = set(workers()) - before
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)
        made = ""
        with suppress(HashingBusy):  # once at most, when the pool has not noticed yet
            made = await passwords.hashed(PASSWORD, "sara@example.com")
        made = made or await passwords.hashed(PASSWORD, "sara@example.com")
        assert made.startswith("$argon2id$")
