"""PostgreSQL as a part of the stack: its cluster, its settings, a schema and two roles for each service."""

import asyncio
import re
import shutil
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil

from capitalino.app.stack import binaries
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder, replace
from capitalino.app.stack.part import Part
from capitalino.app.stack.user import Runner, runner
from capitalino.kit.module import Module

DATABASE = "capitalino"
VERSION = "18"
CONNECT_S = 2.0
APP_CONNECTIONS, OWNER_CONNECTIONS = 40, 4
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket in a shared folder would be one more door
    "max_connections": "400",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "min_wal_size": "512MB",  # WAL files are recycled: new ones were the tail of the ledger's latency
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "log_min_duration_statement": "500ms",
    "log_lock_waits": "on",
    # Statements may be logged, what is passed to them never: addresses, hashes, amounts.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "pg_stat_statements.track_utility": "off",  # it would keep `alter role … password '…'`
    "log_line_prefix": "%m [%p] %u ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DISCREET = ("log_statement = none", "log_min_duration_statement = -1", "log_min_error_statement = panic")
"""While roles get their passwords: such a statement is in no log, however slow it is, even when it fails."""
ROLE_LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
}
GRANTS = """
grant connect on database {database} to {name}_owner, {name}_app;
create schema if not exists {name} authorization {name}_owner;
grant usage on schema {name} to {name}_app;
alter default privileges for role {name}_owner revoke execute on functions from public;
"""


class Postgres:
    """The cluster in `var/postgres`, or a server that runs elsewhere (`outside`: an administrator's URL)."""

    def __init__(self, folder: Folder, outside: str | None = None) -> None:
        self._folder = folder
        self._home = folder.root / "postgres"
        self.data = self._home / "data"
        self.outside = outside
        self.port = 0 if outside else folder.port("postgres")
        self.admin_url = (
            outside or f"postgresql://postgres:{folder.password('postgres')}@127.0.0.1:{self.port}/postgres"
        )

    def runner(self) -> Runner:
        """In whose name its programs run."""
        return runner(self.data / "base", Path(binaries.postgres()))

    def part(self, modules: Iterable[Module]) -> Part:
        """The server as a child; only the roles when it runs elsewhere."""
        listed = tuple(modules)

        async def settle() -> None:
            await self._make_roles(listed)

        if self.outside:
            return Part("postgres", "PostgreSQL", settle=settle, address=self.address)
        who = self.runner()
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = (binaries.postgres(), "-D", str(self.data), f"-cport={self.port}", *settings)
        return Part(
            "postgres",
            "PostgreSQL",
            command=who.command(*command, dies_by="INT"),
            changes_user=who.name is not None,
            prepare=self._prepare,
            ready=self.is_ready,
            waits_for=self.is_recovering,
            settle=settle,
            address=self.address,
            stop_signal=signal.SIGINT,
        )

    @property
    def address(self) -> str:
        """Where it listens."""
        parts = urlsplit(self.admin_url)
        return f"{parts.hostname}:{parts.port or 5432}"

    def url(self, role: str) -> str:
        """The URL of one role."""
        return f"postgresql://{role}:{self._folder.password(f'postgres:{role}')}@{self.address}/{DATABASE}"

    async def connect(self, url: str | None = None) -> asyncpg.Connection:
        """A connection, as the administrator unless told otherwise."""
        return await asyncpg.connect(url or self.admin_url, timeout=CONNECT_S)

    async def is_ready(self) -> bool:
        """It takes connections."""
        with suppress(OSError, asyncpg.PostgresError, TimeoutError):
            await (await self.connect()).close()
            return True
        return False

    async def is_recovering(self) -> str | None:
        """A word when it answers that it is starting up (57P03): after a crash that may take many minutes."""
        with suppress(OSError, asyncpg.PostgresError, TimeoutError):
            try:
                await (await self.connect()).close()
            except asyncpg.CannotConnectNowError:
                return "recovering"
        return None

    async def _prepare(self) -> None:
        who = self.runner()
        who.own(self._home)
        version = self.data / "PG_VERSION"
        if not version.exists():
            await self._make_cluster(who)
        elif version.read_text().strip() != VERSION:
            raise CannotStart(
                f"{self.data} is of PostgreSQL {version.read_text().strip()}, this is {VERSION}: "
                "begin with a fresh folder (--var), or run the version that made it."
            )
        else:
            if who.name is not None and self.data.owner() != who.name:
                await asyncio.to_thread(_own_all, self.data, who.name)
            _forget_stale_pid(self.data)

    async def _make_cluster(self, who: Runner) -> None:
        """Make it beside and move it there whole: a killed `initdb` must not look like a cluster."""
        fresh, password = self._home / "fresh", self._home / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        replace(password, self._folder.password("postgres"))
        if who.name is not None:
            shutil.chown(password, who.name)
        options = ["--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256", "--data-checksums"]
        options += [
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
        ]
        command = who.command(binaries.postgres("initdb"), f"--pgdata={fresh}", *options)
        try:
            made = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
            )
            said, _ = await made.communicate()
        finally:
            password.unlink(missing_ok=True)
        if made.returncode != 0:
            raise CannotStart(
                f"initdb could not make {self.data}: {said.decode(errors='replace').strip()[-300:]}"
            )
        fresh.rename(self.data)

    async def _make_roles(self, modules: Iterable[Module]) -> None:
        admin = await self.connect()
        try:
            for setting in DISCREET:
                with suppress(
                    asyncpg.InsufficientPrivilegeError
                ):  # a managed server's own administrator decides
                    await admin.execute(f"set {setting}")
            if not await admin.fetchval("select 1 from pg_database where datname = $1", DATABASE):
                await admin.execute(f"create database {DATABASE}")
            known = set(await admin.fetchval("select array_agg(rolname::text) from pg_roles"))
            for module in modules:
                for role in (f"{module.name}_owner", f"{module.name}_app") if module.schema else ():
                    await admin.execute("\n".join(self._role(role, is_new=role not in known)))
        finally:
            await admin.close()
        parts = urlsplit(self.admin_url)
        inside = await self.connect(parts._replace(path=f"/{DATABASE}").geturl())
        try:
            await inside.execute(
                f"revoke all on database {DATABASE} from public; revoke all on schema public from public"
            )
            for module in modules:
                if module.schema:
                    if self.outside:  # a managed server's administrator must belong to a role to act for it
                        await inside.execute(f"grant {module.name}_owner to current_user")
                    await inside.execute(GRANTS.format(name=module.name, database=DATABASE))
        finally:
            await inside.close()

    def _role(self, role: str, *, is_new: bool) -> list[str]:
        password = self._folder.password(f"postgres:{role}")
        assert re.fullmatch(r"[\w-]+", password), "made by us, so it needs no quoting"
        limit = APP_CONNECTIONS if role.endswith("_app") else OWNER_CONNECTIONS
        verb = "create" if is_new else "alter"
        lines = [
            f"{verb} role {role} login password '{password}' connection limit {limit} nosuperuser noinherit;"
        ]
        if role.endswith("_app"):
            lines += [f"alter role {role} set {name} = '{value}';" for name, value in ROLE_LIMITS.items()]
        return lines


def _forget_stale_pid(data: Path) -> None:
    """A pid file from before a crash may name another program by now; PostgreSQL would not start."""
    pid_file = data / "postmaster.pid"
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text().splitlines()[0])
        if psutil.pid_exists(pid) and str(data) in " ".join(psutil.Process(pid).cmdline()):
            return  # really ours: it is about to end, and PostgreSQL itself knows how to wait for that
        pid_file.unlink()


def _own_all(folder: Path, user: str) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user)
