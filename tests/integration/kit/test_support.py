"""The servers that tests stand on are real, empty and shared."""

import socket

import asyncpg
import pytest
from nats.aio.client import Client
from sqlalchemy import Column, Integer, Table, func, insert, select
from valkey.asyncio import Valkey

from capitalino.kit.db import Schema
from tests.support.database import FreshDatabase, Opener

schema = Schema("kit_support")
thing = Table("thing", schema.metadata, Column("n", Integer, primary_key=True))


@pytest.mark.parametrize("time", range(2))
async def test_every_test_has_a_database_of_its_own(database: Opener, time: int) -> None:
    db = await database(schema)
    async with db.begin() as tx:
        await tx.conn.execute(insert(thing).values(n=1))
    async with db.read() as tx:
        assert await tx.conn.scalar(select(func.count()).select_from(thing)) == 1


async def test_a_database_has_roles_by_url(fresh_database: FreshDatabase) -> None:
    connection = await asyncpg.connect(fresh_database.url())
    assert await connection.fetchval("select current_database()") == fresh_database.name
    await connection.close()


@pytest.mark.parametrize("time", range(2))
async def test_valkey_is_empty(cache: Valkey, valkey_url: str, time: int) -> None:
    assert await cache.dbsize() == 0
    await cache.set("k", "v")


@pytest.mark.parametrize("time", range(2))
async def test_nats_has_no_streams(nats_client: Client, nats_url: str, time: int) -> None:
    streams = nats_client.jetstream()
    assert await streams.streams_info() == []
    await streams.add_stream(name="S", subjects=["s.>"])
    assert (await streams.publish("s.x", b"1")).seq == 1


def test_nothing_leaves_this_machine() -> None:
    with pytest.raises(RuntimeError, match="not to"):
        socket.create_connection(("192.0.2.1", 9), 0.1)
    with pytest.raises(RuntimeError, match="not to"):
        socket.getaddrinfo("example.com", 443)
