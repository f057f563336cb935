"""Public keys are read from auth when they are needed, kept, and asked for again with restraint."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from capitalino.kit.keys import ASK_AGAIN_S, KEEP_S, TIMEOUT_S, KeysUnavailable, PublicKeys

FIRST, SECOND = (ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(2))


def described(**keys: Any) -> dict[str, Any]:
    rows = [json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key)) | {"kid": name} for name, key in keys.items()]
    return {"keys": rows}


class Auth:
    """Answers every request with the document that a test has put there, or badly."""

    def __init__(self) -> None:
        self.document: Any = described(k1=FIRST)
        self.asked = 0
        self.status = "200 OK"
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.answering = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        self.answering += 1
        await self.hangs.wait()
        body = json.dumps(self.document).encode()
        head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        with suppress(ConnectionError):  # who asked may have given up
            await writer.drain()
        writer.close()
        self.answering -= 1


@pytest.fixture
async def auth() -> Auth:
    return Auth()


@pytest.fixture
async def keys(auth: Auth) -> AsyncIterator[PublicKeys]:
    server = await asyncio.start_server(auth.answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield PublicKeys(f"http://{host}:{port}/jwks")
    auth.hangs.set()
    while auth.answering:
        await asyncio.sleep(0.01)
    server.close()


def age(keys: PublicKeys, seconds: float) -> None:
    """As if they had been read this long ago."""
    keys._read_at -= seconds
    keys._asked_at -= seconds


async def settled(keys: PublicKeys) -> None:
    """When what is read in the background is read."""
    while keys._reading is not None and not keys._reading.done():
        await asyncio.sleep(0.01)


async def until_asked(auth: Auth, times: int) -> None:
    """When auth has heard so many requests."""
    async with asyncio.timeout(TIMEOUT_S):
        while auth.asked < times:
            await asyncio.sleep(0.01)


async def test_a_key_is_read_once_and_kept(keys: PublicKeys, auth: Auth) -> None:
    found = await asyncio.gather(*(keys.find("k1") for _ in range(10)))
    assert [key.public_numbers() for key in found] == [FIRST.public_numbers()] * 10
    assert auth.asked == 1


async def test_an_unknown_key_is_looked_up_again_but_not_at_once(keys: PublicKeys, auth: Auth) -> None:
    await keys.find("k1")
    auth.document = described(k1=FIRST, k2=SECOND)
    for _ in range(5):
        with pytest.raises(KeyError):
            await keys.find("k2")
    assert auth.asked == 1, "tokens of nobody's don't make us ask again and again"
    age(keys, ASK_AGAIN_S)
    assert (await keys.find("k2")).public_numbers() == SECOND.public_numbers()


async def test_old_keys_are_read_again_and_those_that_are_gone_are_forgotten(
    keys: PublicKeys, auth: Auth
) -> None:
    await keys.find("k1")
    auth.document = described(k2=SECOND)
    age(keys, KEEP_S)
    await keys.find("k1")
    await settled(keys)
    with pytest.raises(KeyError):
        await keys.find("k1")
    assert auth.asked == 2


@pytest.mark.parametrize("document", [{}, {"keys": [{}]}, {"keys": [{"kid": "k1", "kty": "EC"}]}, []])
async def test_a_document_that_makes_no_sense_is_as_none(keys: PublicKeys, auth: Auth, document: Any) -> None:
    auth.document = document
    with pytest.raises(KeysUnavailable):
        await keys.find("k1")


async def test_a_known_key_goes_on_working_while_auth_is_away(keys: PublicKeys, auth: Auth) -> None:
    await keys.find("k1")
    auth.status = "503 Service Unavailable"
    age(keys, KEEP_S)
    assert (await keys.find("k1")).public_numbers() == FIRST.public_numbers()
    with pytest.raises(KeysUnavailable):
        await keys.find("k2")


async def test_an_auth_that_hangs_keeps_nobody_with_a_known_key_waiting(keys: PublicKeys, auth: Auth) -> None:
    await keys.find("k1")
    auth.hangs.clear()
    age(keys, KEEP_S)
    for _ in range(100):
        with pytest.raises(StopIteration):
            keys.find("k1").send(None)  # it has the answer, and has waited for nothing
    await until_asked(auth, 2)
    assert auth.asked == 2, "and it is not asked again by each of them"
    auth.hangs.set()
    await settled(keys)


async def test_who_brings_an_unknown_key_to_an_auth_that_hangs_is_told_in_time(
    keys: PublicKeys, auth: Auth
) -> None:
    await keys.find("k1")
    auth.hangs.clear()
    age(keys, ASK_AGAIN_S)
    found = await asyncio.gather(*(keys.find("k2") for _ in range(10)), return_exceptions=True)
    assert [type(one) for one in found] == [KeysUnavailable] * 10
    with pytest.raises(KeysUnavailable):
        await keys.find("k2")
    assert auth.asked == 2


async def test_a_proxy_of_the_environment_is_not_asked(
    keys: PublicKeys, auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    await keys.find("k1")
    assert auth.asked == 1


async def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(KeysUnavailable):
        await PublicKeys("http://127.0.0.1:1/jwks").find("k1")
