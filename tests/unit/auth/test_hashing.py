"""Hashing passwords: the same work for everybody, and never more than the machine can take."""

import asyncio
from threading import Event

import pytest

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


async def test_nobodys_password_never_matches_but_is_checked() -> None:
    passwords = Passwords(AuthSettings(**QUICK))  # type: ignore[arg-type]
    checked = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            checked.append(password)
            return verify(hashed, password)

        hash = staticmethod(passwords._hasher.hash)

    passwords._hasher = Counting()  # type: ignore[assignment]
    assert not await passwords.matches("nobody's password", None)
    assert checked == ["nobody's password"]


async def test_who_is_one_too_many_is_sent_away_and_the_place_is_free_again() -> None:
    settings = AuthSettings(hash_threads=1, hash_waiting_max=2, **QUICK)  # type: ignore[arg-type]
    passwords, go = Passwords(settings), Event()
    waiting = [asyncio.ensure_future(passwords._run(lambda: go.wait(5))) for _ in range(3)]
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
