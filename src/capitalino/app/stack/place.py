"""Where the stack is met from outside, and what is refused before anything heavy is loaded."""

import os
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.ports import lan_address, require_free
from capitalino.app.stack.settings import StackSettings

TLS_AWAY, PORT_MAX = 443, 65_535
Shape = Literal["one", "many"]


@dataclass(frozen=True, slots=True)
class Options:
    """How this run differs from the usual one."""

    shape: Shape = "one"
    lan: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The edge's address, and the URLs that people open: the second one over TLS."""

    host: str
    port: int
    public_url: str
    is_root: bool
    tls_port: int
    tls_url: str

    @property
    def name(self) -> str:
        """The host that people type."""
        return str(urlsplit(self.public_url).hostname)


def find_place(folder: Folder, settings: StackSettings, *, lan: bool) -> Place:
    """Refuses a web app that is not built and a port that is taken."""
    if not (settings.web_dir / "index.html").is_file():
        raise CannotStart(
            f"The web app is not built ({settings.web_dir}/index.html is missing): run `make web`."
        )
    host = "0.0.0.0" if lan else "127.0.0.1"  # noqa: S104  # asked for by --lan
    port = settings.port or folder.port("edge")
    tls_port = _tls_port(folder, settings)
    require_free(port, host, "PORT")
    require_free(tls_port, host, "TLS_PORT")
    name = lan_address() if lan else "localhost"
    return Place(
        host,
        port,
        f"http://{name}:{port}",
        is_root=os.geteuid() == 0,
        tls_port=tls_port,
        tls_url=f"https://{name}:{tls_port}",
    )


def _tls_port(folder: Folder, settings: StackSettings) -> int:
    """What is set, or as far from the edge's own port as 8443 is from 8000."""
    wished = settings.tls_port
    if wished is None and settings.port:
        wished = settings.port + TLS_AWAY
    return wished if wished and wished <= PORT_MAX else folder.port("edge-tls")
