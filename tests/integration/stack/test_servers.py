"""The real servers as the stack starts them: each service has its own rights in each of them, and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import APIError
from valkey.asyncio import Valkey
from valkey.exceptions import AuthenticationError, NoPermissionError, ResponseError

from capitalino.app.stack.folder import Folder
from capitalino.app.stack.plan import server_parts, servers_of
from capitalino.app.stack.rights import ADMIN
from capitalino.app.stack.services import Servers
from capitalino.app.stack.settings import StackSettings
from capitalino.app.stack.supervisor import Plan, Supervisor
from capitalino.kit.bus import FACTS, STREAM, Bus, StreamOutdated
from tests.support.children import Quiet
from tests.support.modules import MODULES
from tests.support.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")
TELL = "fact.ledger.entry_posted.v1"
HEARD_S = 0.5


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Servers]:
    """PostgreSQL, NATS and Valkey with the users of three services."""
    folder = Folder(home / "var")
    folder.open(disk_min_bytes=1)
    folder.close()
    made = servers_of(folder, StackSettings())
    supervisor = Supervisor(folder, Quiet())
    await supervisor.start(lambda: Plan(server_parts(made, MODULES), "", "one"))
    try:
        yield made
    finally:
        await supervisor.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """The servers of all tests that change nothing for the others."""
    async with running(tmp_path_factory.mktemp("stack")) as made:
        yield made


class Told:
    """What NATS complains about."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    async def hear(self, error: Exception) -> None:
        """Keep it."""
        self.errors.append(str(error).lower())


async def connected(servers: Servers, user: str) -> tuple[Client, Told]:
    """A client as the kit's bus makes it."""
    told = Told()
    client = await nats.connect(
        servers.nats.url(user),
        inbox_prefix=f"_INBOX_{user}".encode(),
        error_cb=told.hear,
        max_reconnect_attempts=1,
    )
    return client, told


@pytest_asyncio.fixture(loop_scope="module")
async def ledger(servers: Servers) -> AsyncIterator[tuple[Client, Told]]:
    """The ledger's connection, with the stream of facts there."""
    client, told = await connected(servers, "ledger")
    await client.jetstream().add_stream(FACTS)
    yield client, told
    await client.close()


@pytest_asyncio.fixture(loop_scope="module")
async def payments(servers: Servers) -> AsyncIterator[tuple[Client, Told]]:
    """The connection of payments."""
    client, told = await connected(servers, "payments")
    yield client, told
    await client.close()


async def is_denied(client: Client, told: Told) -> bool:
    """The server refused something since it was asked last."""
    await client.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_S):
            while not told.errors:  # filled by the client's own reading
                await asyncio.sleep(0.01)
    refused, told.errors = told.errors, []
    return any("permissions violation" in error for error in refused)


class TestNats:
    """Permissions that follow from the catalogue."""

    async def test_a_service_tells_its_own_facts(self, ledger: tuple[Client, Told]) -> None:
        client, told = ledger
        assert (await client.jetstream().publish(TELL, b"{}")).stream == STREAM
        assert not await is_denied(client, told)

    async def test_a_service_cannot_tell_facts_of_another(self, payments: tuple[Client, Told]) -> None:
        client, told = payments
        await client.publish(TELL, b"{}")
        assert await is_denied(client, told)
        await client.publish("fact.payments.never_declared.v1", b"{}")
        assert await is_denied(client, told)

    async def test_a_service_asks_a_peer_that_it_declared_and_is_answered(
        self, ledger: tuple[Client, Told], payments: tuple[Client, Told]
    ) -> None:
        async def answer(msg: Any) -> None:
            await msg.respond(b"done")

        await ledger[0].subscribe("rpc.ledger.post_entry", queue="ledger", cb=answer)
        await asyncio.sleep(HEARD_S)  # nats-py's `flush` may overtake what was to be flushed
        assert (await payments[0].request("rpc.ledger.post_entry", b"{}", timeout=2)).data == b"done"
        assert not await is_denied(*payments)
        assert not await is_denied(*ledger)

    async def test_a_service_cannot_ask_a_peer_that_it_did_not_declare(
        self, ledger: tuple[Client, Told]
    ) -> None:
        await ledger[0].publish("rpc.payments.anything", b"{}")
        assert await is_denied(*ledger)

    async def test_a_service_cannot_answer_for_another(self, payments: tuple[Client, Told]) -> None:
        await payments[0].subscribe("rpc.ledger.post_entry")
        assert await is_denied(*payments)

    async def test_a_service_cannot_listen_in(self, payments: tuple[Client, Told]) -> None:
        for subject in ("fact.ledger.>", "_INBOX_ledger.>", "_INBOX.>", ">", "signal.>", "replay.ledger"):
            await payments[0].subscribe(subject)
            assert await is_denied(*payments), subject

    async def test_a_service_sends_and_hears_the_signals_that_it_declared(
        self, ledger: tuple[Client, Told], payments: tuple[Client, Told]
    ) -> None:
        await payments[0].publish("signal.payments.quote.EUR", b"{}")
        await payments[0].subscribe("signal.market.price.>")
        assert not await is_denied(*payments)
        await ledger[0].publish("signal.market.price.BTC.EUR", b"{}")
        assert await is_denied(*ledger)

    async def test_a_hearer_reads_its_source_and_only_that(
        self, ledger: tuple[Client, Told], payments: tuple[Client, Told]
    ) -> None:
        await ledger[0].jetstream().publish(TELL, b'{"heard": true}')
        stream = payments[0].jetstream(timeout=1)
        config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT)
        feed = await stream.pull_subscribe("fact.ledger.>", "payments-ledger", stream=STREAM, config=config)
        (message, *_) = await feed.fetch(10, timeout=2)
        await message.ack()
        assert not await is_denied(*payments)
        with pytest.raises((nats.errors.TimeoutError, APIError)):
            await stream.pull_subscribe("fact.auth.>", "payments-auth", stream=STREAM, config=config)
        assert await is_denied(*payments)

    async def test_a_service_cannot_change_or_delete_the_stream(self, payments: tuple[Client, Told]) -> None:
        for verb in ("DELETE", "UPDATE", "PURGE", "MSG.DELETE"):
            await payments[0].publish(f"$JS.API.STREAM.{verb}.{STREAM}", b"{}")
            assert await is_denied(*payments), verb

    async def test_a_stream_of_an_earlier_version_is_renewed_by_the_stack_and_a_service_says_what_to_do(
        self, servers: Servers
    ) -> None:
        admin, _ = await connected(servers, ADMIN)
        service = Bus(servers.nats.url("payments"), "payments")
        await admin.jetstream().update_stream(FACTS, allow_batched=False)
        try:
            with pytest.raises(StreamOutdated, match="payments may not change it: set `allow_batched`"):
                await service.open()
        finally:
            await service.close()
            await servers.nats.settle()
        assert (await admin.jetstream().stream_info(STREAM)).config.allow_batched
        await service.open()
        await service.close()
        await admin.close()

    async def test_nobody_comes_in_without_a_password(self, servers: Servers) -> None:
        with pytest.raises((nats.errors.Error, TimeoutError)):
            await asyncio.wait_for(
                nats.connect(f"nats://{servers.nats.address}", max_reconnect_attempts=1), 3
            )


class TestValkey:
    """Keys that begin with the service's name, and a few that all may read."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def cache(self, servers: Servers) -> AsyncIterator[Valkey]:
        """As payments."""
        client = Valkey.from_url(servers.valkey.url("payments"))
        yield client
        await client.aclose()

    async def test_a_service_has_its_own_keys(self, cache: Valkey) -> None:
        await cache.set("payments:a", "1", ex=5)
        assert await cache.get("payments:a") == b"1"
        script = "redis.call('time'); return redis.call('get', KEYS[1])"
        found: Any = cache.eval(script, 1, "payments:a")
        assert await found == b"1"

    async def test_a_service_cannot_reach_keys_of_another(self, cache: Valkey) -> None:
        attempts: tuple[Any, ...] = (
            cache.get("ledger:a"),
            cache.set("ledger:a", "1"),
            cache.eval("return redis.call('get', 'ledger:a')", 0),
            cache.publish("ledger:a", "x"),
        )
        for attempt in attempts:
            with pytest.raises(ResponseError, match=r"No permissions|can't|no permissions"):
                await attempt

    async def test_only_auth_writes_what_all_read(self, cache: Valkey, servers: Servers) -> None:
        auth = Valkey.from_url(servers.valkey.url("auth"))
        await auth.set("epoch:7", "3")
        await auth.aclose()
        assert await cache.get("epoch:7") == b"3"
        with pytest.raises(NoPermissionError):
            await cache.set("epoch:7", "0")

    async def test_a_service_cannot_administrate(self, cache: Valkey) -> None:
        attempts: tuple[Any, ...] = (
            cache.flushall(),
            cache.keys("*"),
            cache.config_get("*"),
            cache.acl_list(),
        )
        for attempt in attempts:
            with pytest.raises(NoPermissionError):
                await attempt

    async def test_nobody_comes_in_without_a_password(self, servers: Servers) -> None:
        nobody = Valkey.from_url(f"valkey://{servers.valkey.address}")
        with pytest.raises(AuthenticationError):
            await nobody.get("payments:a")
        await nobody.aclose()


class TestPostgres:
    """A pair of roles and a schema for each service."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def app(self, servers: Servers) -> AsyncIterator[asyncpg.Connection]:
        """The role of payments that serves, beside a table that its owner has made."""
        owner = await servers.postgres.connect(servers.postgres.url("payments_owner"))
        await owner.execute("create table if not exists payments.kept (a int)")
        await owner.execute("grant select, insert on payments.kept to payments_app")
        await owner.close()
        connection = await servers.postgres.connect(servers.postgres.url("payments_app"))
        yield connection
        await connection.close()

    async def test_the_app_uses_what_its_owner_grants(self, app: asyncpg.Connection) -> None:
        await app.execute("insert into payments.kept values (1)")
        assert await app.fetchval("select count(*) from payments.kept") >= 1

    @pytest.mark.parametrize(
        "statement",
        [
            "create table payments.mine (a int)",
            "drop table payments.kept",
            "create temp table mine (a int)",
            "create table public.mine (a int)",
            "create schema mine",
            "select * from ledger.anything",
            "set role payments_owner",
            "copy payments.kept to program 'id'",
        ],
    )
    async def test_the_app_can_do_no_more(self, app: asyncpg.Connection, statement: str) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)

    async def test_the_app_has_limits(self, app: asyncpg.Connection) -> None:
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert await app.fetchval(f"show {name}") not in {"0", 0}
        limit = await app.fetchval("select rolconnlimit from pg_roles where rolname = current_user")
        assert 0 < limit < 100

    async def test_the_cluster_is_as_we_want_it(self, servers: Servers) -> None:
        admin = await servers.postgres.connect()
        assert await admin.fetchval("show data_checksums") == "on"
        assert await admin.fetchval("show fsync") == "on"
        assert await admin.fetchval("show password_encryption") == "scram-sha-256"
        assert (await admin.fetchval("show server_version")).startswith("18")
        await admin.close()

    async def test_nobody_comes_in_without_a_password(self, servers: Servers) -> None:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://payments_app:wrong@{servers.postgres.address}/capitalino")


async def test_secrets_are_readable_by_their_owner_only(servers: Servers) -> None:
    secrets = servers.postgres.data.parent.parent / "secrets"
    modes = await asyncio.to_thread(lambda: [path.stat().st_mode for path in secrets.iterdir()])
    assert modes
    assert not any(mode & 0o077 for mode in modes)


async def test_servers_that_run_elsewhere_are_used_instead(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Servers of its own: a second stack gives the roles new passwords.
    async with running(tmp_path_factory.mktemp("elsewhere")) as servers:
        elsewhere = {
            "CAPITALINO_POSTGRES_URL": servers.postgres.admin_url,
            "CAPITALINO_NATS_URL": servers.nats.url(),
            "CAPITALINO_VALKEY_URL": servers.valkey.url(),
        }
        stack = await asyncio.to_thread(Stack.start, tmp_path_factory.mktemp("here"), "one", **elsewhere)
        try:
            assert set(stack.state["parts"]) == {"sandbox", "services", "edge"}
            admin = await servers.postgres.connect()
            serving = "select count(*) from pg_stat_activity where usename = 'ledger_app'"
            assert await admin.fetchval(serving) > 0
            await admin.close()
        finally:
            assert await asyncio.to_thread(stack.stop) == 0
