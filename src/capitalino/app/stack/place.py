"""Where the stack is met from outside, and what is refused before anything heavy is loaded."""

import os
from dataclasses import dataclass
from typing import Literal

from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.ports import lan_address, require_free
from capitalino.app.stack.settings import StackSettings

Shape = Literal["one", "many"]


@dataclass(frozen=True, slots=True)
class Options:
    """How this run differs from the usual one."""

    shape: Shape = "one"
    lan: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The edge's address, and the URL that people open."""

    host: str
    port: int
    public_url: str
    is_root: bool


def find_place(folder: Folder, settings: StackSettings, *, lan: bool) -> Place:
    """Refuses a web app that is not built and a port that is taken."""
    if not (settings.web_dir / "index.html").is_file():
        raise CannotStart(
            f"The web app is not built ({settings.web_dir}/index.html is missing): run `make web`."
        )
    host = "0.0.0.0" if lan else "127.0.0.1"  # noqa: S104  # asked for by --lan
    port = settings.port or folder.port("edge")
    require_free(port, host)
    return Place(
        host, port, f"http://{lan_address() if lan else 'localhost'}:{port}", is_root=os.geteuid() == 0
    )
