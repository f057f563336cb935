"""One object for each key, whoever comes first and however often."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from capitalino.kit.db import Database, Schema
from capitalino.kit.idempotency import Key, KeyReused, claim, find
from capitalino.kit.ids import new_id
from tests.support.database import Opener

ANNA = uuid4()


def key(**different: Any) -> Key:
    made: dict[str, Any] = {
        "principal": ANNA,
        "operation": "convert",
        "key": "k-1",
        "body": {"amount": "5", "asset": "EUR"},
    }
    return Key(**(made | different))


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(Schema("keyed"))


async def claimed(db: Database, wanted: Key, object_id: UUID) -> UUID:
    async with db.begin() as tx:
        return await claim(tx, wanted, object_id)


async def test_a_key_stands_for_its_first_object(db: Database) -> None:
    first = new_id()
    assert await claimed(db, key(), first) == first
    assert await claimed(db, key(), new_id()) == first
    async with db.read() as tx:
        assert await find(tx, key()) == first
        assert await find(tx, key(key="k-2")) is None


async def test_the_same_body_is_the_same_however_it_is_ordered(db: Database) -> None:
    first = new_id()
    await claimed(db, key(), first)
    assert await claimed(db, key(body={"asset": "EUR", "amount": "5"}), new_id()) == first


async def test_another_body_is_refused(db: Database) -> None:
    await claimed(db, key(), new_id())
    with pytest.raises(KeyReused) as refused:
        await claimed(db, key(body={"amount": "6", "asset": "EUR"}), new_id())
    assert refused.value.details == {"key": "k-1"}


@pytest.mark.parametrize(
    "different",
    [{"principal": uuid4()}, {"operation": "deposit"}, {"key": "k-2"}],
    ids=["who", "what", "key"],
)
async def test_keys_of_others_are_other_keys(db: Database, different: dict[str, Any]) -> None:
    first, second = new_id(), new_id()
    await claimed(db, key(), first)
    assert await claimed(db, key(**different), second) == second


async def test_of_twenty_at_once_all_get_one_object(db: Database) -> None:
    found = await asyncio.gather(*(claimed(db, key(), new_id()) for _ in range(20)))
    assert len(set(found)) == 1


async def test_what_is_rolled_back_has_claimed_nothing(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the transaction
        async with db.begin() as tx:
            await claim(tx, key(), new_id())
            raise ZeroDivisionError
    later = new_id()
    assert await claimed(db, key(), later) == later
