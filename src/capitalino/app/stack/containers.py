"""What containers need: the files that `capitalino up` writes for its children, with the names of a network.

Two jobs of `deploy/compose`: `files` writes a folder for each container into a volume, at each start, with
the passwords and keys of the first time; `roles` makes the database, its schemas and roles.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from capitalino.app.asyncapi import asyncapi
from capitalino.app.catalog import chosen
from capitalino.app.openapi import openapi
from capitalino.app.stack import binaries
from capitalino.app.stack.folder import Folder, replace
from capitalino.app.stack.postgres import Postgres
from capitalino.app.stack.rights import nats_users, valkey_users
from capitalino.app.stack.services import ASYNCAPI, OPENAPI, STRICT, make_keys
from capitalino.app.stack.settings import StackSettings
from capitalino.kit.module import Module
from capitalino.kit.settings import load
from capitalino.services.gateway import nginx

VOLUME = Path("/config")
PORT, LIVE_PORT = 8000, 8001
MIGRATE = "migrate"
EDGE = Path("/etc/capitalino")
"""Where nginx finds its folder."""
NATS = """\
server_name: capitalino
listen: 0.0.0.0:4222
max_payload: 1MB
lame_duck_duration: 30s
jetstream {
  store_dir: /data
  max_file_store: 4GB
}
"""
VALKEY = """\
bind 0.0.0.0
port 6379
save ""
appendonly no
maxmemory 256mb
maxmemory-policy volatile-lru
aclfile /etc/valkey/users.acl
"""


def write_files(modules: Sequence[Module], root: Path, web: Path) -> None:
    """A folder for each container. One sees only its own: a service its secrets, a server its users."""
    folder = Folder(root)
    folder.open(disk_min_bytes=0)
    try:
        _write(root / "postgres" / "password", folder.password("postgres"))
        _write(root / "nats" / "nats.conf", NATS + nats_users(modules, folder.password))
        _write(root / "valkey" / "valkey.conf", VALKEY)
        _write(root / "valkey" / "users.acl", valkey_users(modules, folder.password))
        _write_edge(modules, root / "edge", web)
        for module in modules:
            _write_secrets(module, folder)
    finally:
        folder.close()


def postgres_of(folder: Folder) -> Postgres:
    """The network's PostgreSQL, as its administrator."""
    return Postgres(folder, f"postgresql://postgres:{folder.password('postgres')}@postgres:5432/postgres")


def _write(path: Path, text: str) -> None:
    """Readable in its container, whoever runs there: no other container sees the folder."""
    path.parent.mkdir(exist_ok=True)
    replace(path, text)
    path.chmod(0o644)


def _write_edge(modules: Sequence[Module], to: Path, web: Path) -> None:
    served = {module.name: f"{module.name}:{PORT}" for module in modules}
    edge = nginx.Edge(
        listen="0.0.0.0:8000",
        folder=Path("/tmp"),  # noqa: S108  # nginx's own container has no other user
        web=EDGE / "web",
        log=Path("/dev/stdout"),
        openapi=EDGE / OPENAPI,
        asyncapi=EDGE / ASYNCAPI,
        docs=EDGE / "docs",
        docs_ui=EDGE / "docs-ui",
        services=served,
        live=f"notifications:{LIVE_PORT}",
        development=False,
        **STRICT,
    )
    _write(to / "nginx.conf", nginx.configuration(modules, edge))
    _write(to / OPENAPI, json.dumps(openapi()))
    _write(to / ASYNCAPI, json.dumps(asyncapi()))
    for source, name in ((nginx.DOCS, "docs"), (binaries.api_pages(), "docs-ui"), (web, "web")):
        shutil.copytree(source, to / name, dirs_exist_ok=True)


def _write_secrets(module: Module, folder: Folder) -> None:
    name, own = module.name, folder.root / module.name
    own.mkdir(mode=0o700, exist_ok=True)
    make_keys(module, own)
    told = {
        "nats_url": f"nats://{name}:{folder.password(f'nats:{name}')}@nats:4222",
        "valkey_url": f"valkey://{name}:{folder.password(f'valkey:{name}')}@valkey:6379/0",
    }
    if module.schema is not None:
        postgres = postgres_of(folder)
        told["database_url"] = postgres.url(f"{name}_app")
        (folder.root / MIGRATE).mkdir(mode=0o700, exist_ok=True)
        owner = folder.root / MIGRATE / f"capitalino_{name}_owner_database_url"
        replace(owner, postgres.url(f"{name}_owner"))  # only the migrations' own container may change tables
    for setting, value in told.items():
        replace(own / f"capitalino_{name}_{setting}", value)


async def _make_roles(modules: Sequence[Module]) -> None:
    await postgres_of(Folder(VOLUME)).part(modules).settle()


def main(job: str) -> None:
    """Do one of the two jobs."""
    modules = chosen(["all"])
    if job == "files":
        write_files(modules, VOLUME, load(StackSettings).web_dir)
    elif job == "roles":
        asyncio.run(_make_roles(modules))
    else:
        sys.exit(f"containers: there is no job {job!r}; there are: files, roles")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
