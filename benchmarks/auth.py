"""Sign-ins and token checks a second, and what a flood of sign-ins does to everybody else.

    python -m benchmarks.auth [--shape one] [--seconds 10] [--rounds 3]

The real stack through nginx. A sign-in is a password and a code. The flood comes from a process of its own
and sixty addresses, at three times the rate at which passwords can be checked, for logins that do not exist,
which cost as much as others. Beside it, one investor goes on reading balances twenty times a second; the p95
of that, quiet and flooded, in turns. The peer of the same run is the argon2 library alone, as often at once.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import httpx
import uvloop
from argon2 import PasswordHasher
from valkey.asyncio import Valkey

from benchmarks.figures import finish, percentile, say
from capitalino.app.demo.visitor import Visitor, new_code
from capitalino.kit.auth import Identify
from capitalino.kit.keys import PublicKeys
from capitalino.services.auth.settings import AuthSettings
from tests.support.stack import Stack

PASSWORD = "four unlikely words, ok"  # noqa: S105 - of accounts that live as long as this run
PEOPLE, PEER_CHECKS = 16, 40
READS_A_S, FLOOD_TIMES = 20, 3
FLOODERS = 60
CHECKERS, CHECK_S = 32, 3
WITHOUT_LIMITS = {
    "CAPITALINO_AUTH_REGISTRATIONS_AN_HOUR": "1000000",
    "CAPITALINO_AUTH_SIGN_INS_A_MINUTE": "1000000",
    "CAPITALINO_READS_A_MINUTE": "1000000",
}
"""Limits by address and by principal: they would end the flood, if it came from few. What holds against one
from many is the edge, which lets through as much as can be hashed, and the hashes, which stand back."""


async def measure(shape: Any, seconds: float, rounds: int) -> dict[str, Any]:
    """From a clean start."""
    with tempfile.TemporaryDirectory(prefix="capitalino-auth-") as place:
        Path(place).chmod(0o755)
        stack = await asyncio.to_thread(lambda: Stack.start(Path(place), shape, **WITHOUT_LIMITS))
        try:
            async with AsyncExitStack() as kept:
                return await _measure(stack, kept, seconds, rounds)
        finally:
            await asyncio.to_thread(stack.stop)


async def _measure(stack: Stack, kept: AsyncExitStack, seconds: float, rounds: int) -> dict[str, Any]:
    say(f"{PEOPLE} people register …")
    visitors = [await kept.enter_async_context(Visitor.at(stack.url)) for _ in range(PEOPLE)]
    people = [await _register(visitor) for visitor in visitors]
    peer = _argon2_alone()
    say(f"argon2 alone: {peer:.1f} checks/s")
    logins = await _logins(visitors, people)
    say(f"sign-ins: {logins:.1f}/s")
    checks = await _checks(stack, visitors[0])
    say(f"token checks: {checks:,.0f}/s in one process")
    quiet, flooded, answers = [], [], []
    for _ in range(rounds):
        quiet.append(await _reading(visitors[0], seconds))
        async with _flood(stack.url, peer * FLOOD_TIMES, seconds + 2) as told:
            await asyncio.sleep(1)
            flooded.append(await _reading(visitors[0], seconds))
        answers.append(told)
        say(f"reading: quiet p95 {quiet[-1]:.1f} ms, flooded {flooded[-1]:.1f} ms; the flood got {told}")
    return {
        "logins_per_s": round(logins, 1),
        "argon2_alone_per_s": round(peer, 1),
        "token_checks_per_s": round(checks),
        "quiet_p95_ms": round(median(quiet), 1),
        "flood_p95_ms": round(median(flooded), 1),
        "flood_times": round(median(b / a for a, b in zip(quiet, flooded, strict=True)), 2),
        "flood_answers": answers[-1],
    }


async def _register(visitor: Visitor) -> tuple[str, str]:
    email = f"{uuid4().hex[:10]}@capitalino.example"
    await visitor.register(email, PASSWORD)
    await visitor.confirm(email, 30)
    return email, await visitor.set_up(email, PASSWORD)


def _argon2_alone() -> float:
    """What the library does with the settings' hashes, on as many threads, and nothing else."""
    settings = AuthSettings()
    hasher = PasswordHasher(settings.hash_time_cost, settings.hash_memory_kib, settings.hash_parallelism)
    hashed, begun = hasher.hash(PASSWORD), time.perf_counter()
    with ThreadPoolExecutor(settings.hash_workers) as threads:
        list(threads.map(lambda _: hasher.verify(hashed, PASSWORD), range(PEER_CHECKS)))
    return PEER_CHECKS / (time.perf_counter() - begun)


async def _logins(visitors: list[Visitor], people: list[tuple[str, str]]) -> float:
    """Everybody once, as many at once as there is room for: with the code of the next half minute."""
    await asyncio.sleep(30 - time.time() % 30 + 0.5)
    room = asyncio.Semaphore(16)

    async def one(visitor: Visitor, email: str, secret: str) -> None:
        async with room:
            reached = await visitor.send("POST", "/api/v1/sessions", {"email": email, "password": PASSWORD})
            body = {"challenge": reached["challenge"], "code": new_code(secret)}
            visitor.enter(await visitor.send("POST", "/api/v1/sessions/second-factors", body))

    begun = time.perf_counter()
    await asyncio.gather(*(one(v, *person) for v, person in zip(visitors, people, strict=True)))
    return len(people) / (time.perf_counter() - begun)


async def _checks(stack: Stack, visitor: Visitor) -> float:
    """Signature, time, audience, and the three questions to Valkey, as every request has them."""
    url = (stack.var / "secrets" / "capitalino_ledger_valkey_url").read_text()
    jwks = f"http://{stack.address('auth')}/api/v1/jwks"
    cache = Valkey.from_url(url)
    identify, header, count = Identify(PublicKeys(jwks), cache), f"Bearer {visitor.token}", 0
    ends_at = time.perf_counter() + CHECK_S

    async def check() -> None:
        nonlocal count
        while time.perf_counter() < ends_at:
            await identify(header, is_reading=False)
            count += 1

    await asyncio.gather(*(check() for _ in range(CHECKERS)))
    await cache.aclose()
    return count / CHECK_S


async def _reading(visitor: Visitor, seconds: float) -> float:
    """The p95, in ms, of reads that begin at their own times, however long those before them take."""
    took: list[float] = []

    async def read() -> None:
        begun = time.perf_counter()
        await visitor.send("GET", "/api/v1/balances")
        took.append((time.perf_counter() - begun) * 1000)

    begun, reads = time.perf_counter(), []
    for number in range(int(seconds * READS_A_S)):
        await asyncio.sleep(max(begun + number / READS_A_S - time.perf_counter(), 0))
        reads.append(asyncio.create_task(read()))
    await asyncio.gather(*reads)
    return percentile(took, 0.95)


class _flood:  # noqa: N801 - reads as a verb
    """A process that floods, and afterwards what it was answered, by status."""

    def __init__(self, url: str, rate: float, seconds: float) -> None:
        self._argv = ["-m", "benchmarks.auth", "--flood", url, str(rate), str(seconds)]
        self.told: dict[str, int] = {}

    async def __aenter__(self) -> dict[str, int]:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(sys.executable, *self._argv, stdout=pipe)
        return self.told

    async def __aexit__(self, *_: object) -> None:
        out, _ = await self._process.communicate()
        self.told.update(json.loads(out))


async def flood(url: str, rate: float, seconds: float) -> dict[str, int]:
    """Sign in at that rate, as people who do not exist."""
    answers: dict[str, int] = {}
    begun, number = time.perf_counter(), 0

    async def go_on(web: httpx.AsyncClient) -> None:
        nonlocal number
        while time.perf_counter() < begun + seconds:
            at, number = begun + number / rate, number + 1
            await asyncio.sleep(max(at - time.perf_counter(), 0))
            body = {"email": f"{uuid4().hex[:10]}@capitalino.example", "password": PASSWORD}
            status = str((await web.post(f"{url}/api/v1/sessions", json=body)).status_code)
            answers[status] = answers.get(status, 0) + 1

    async with AsyncExitStack() as kept:
        webs = []
        for host in range(FLOODERS):
            road = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{host + 1}")
            webs.append(await kept.enter_async_context(httpx.AsyncClient(transport=road, timeout=30)))
        await asyncio.gather(*map(go_on, webs))
    return answers


def main() -> None:
    """Measure, or be the flood."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.auth", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--shape", choices=("one", "many"), default="one", help="processes of the stack")
    parser.add_argument("--seconds", type=float, default=10, help="of each time of reading")
    parser.add_argument(
        "--rounds", type=int, default=3, help="quiet and flooded, in turns; the median counts"
    )
    parser.add_argument("--flood", nargs=3, metavar=("URL", "RATE", "SECONDS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.flood:
        url, rate, seconds = asked.flood
        sys.stdout.write(json.dumps(uvloop.run(flood(url, float(rate), float(seconds)))))
        return
    finish("auth", uvloop.run(measure(asked.shape, asked.seconds, asked.rounds)))


if __name__ == "__main__":
    main()
