"""`capitalino up`: start, say where to go, wait, stop."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from rich.console import Console
from rich.markup import escape

from capitalino.app.stack.folder import Folder
from capitalino.app.stack.part import Part
from capitalino.app.stack.place import Options, find_place
from capitalino.app.stack.settings import StackSettings
from capitalino.app.stack.supervisor import Plan, Supervisor
from capitalino.kit.clock import SYSTEM

STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED_EARLY = 130
HEED_S = 0.3
ADVICE = """\
  Try     register, and read the confirmation at {url}/sandbox/mail
          {url}/api/docs for the API
  TLS     {tls_url}, once your browser trusts {authority}
  Look    {command} status · {command} doctor · {command} logs -f
  Stop    Ctrl-C"""


class Told:
    """Progress for people: a line a part."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def part_ready(self, part: Part, seconds: float) -> None:
        """One part is up."""
        address = f"[dim]{escape(part.address):<22}[/dim]" if part.address else " " * 22
        self._console.print(
            f"  [green]✓[/green] {escape(part.title):<28}{address}{seconds:5.1f} s", highlight=False
        )

    def part_waits(self, part: Part, reason: str) -> None:
        """One part takes longer, and why."""
        self._console.print(f"  … {escape(part.title):<28}{escape(reason)}", highlight=False)


class Screen:
    """A terminal that may go away, or a file on a full disk: what cannot be said stops nothing."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write it, if it can be written."""
        with self._try():
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """The same."""
        with self._try():
            self._file.flush()

    @contextmanager
    def _try(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:  # nobody will ever read again: what is still to be said goes nowhere
            with Path(os.devnull).open("w") as nowhere:
                os.dup2(nowhere.fileno(), self._file.fileno())
        except OSError:
            return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def run(settings: StackSettings, options: Options) -> int:
    """Run until told to stop; the exit code."""
    console = Console(file=cast("TextIO", Screen(sys.stdout)))
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper("%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=console.is_terminal),
        ]
    )
    return asyncio.run(_run(settings, options, console))


async def _run(settings: StackSettings, options: Options, console: Console) -> int:
    stop = asyncio.Event()
    for name in STOPPED_BY:
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    begun = SYSTEM.monotonic()
    console.print("Starting Capitalino …", highlight=False)
    folder = Folder(settings.var)
    supervisor = Supervisor(folder, Told(console))

    def make_plan() -> Plan:
        place = find_place(folder, settings, lan=options.lan)
        from capitalino.app.catalog import chosen  # noqa: PLC0415  # loads every service: not before it is needed
        from capitalino.app.stack.plan import plan  # noqa: PLC0415  # the same

        return plan(folder, settings, chosen(["all"]), place, options.shape)

    starting = asyncio.create_task(supervisor.start(make_plan))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        console.print("Stopping …", highlight=False)
        starting.cancel()
        starting.add_done_callback(lambda late: late.cancelled() or late.exception())
        await asyncio.wait({starting}, timeout=HEED_S)
        await supervisor.stop()  # also when a step hangs that hears no cancellation: its server is gone now
        await asyncio.wait({starting}, timeout=HEED_S)
        return STOPPED_EARLY
    starting.result()
    _welcome(console, supervisor, SYSTEM.monotonic() - begun)
    await stopping
    console.print("Stopping …", highlight=False)
    await supervisor.stop()
    console.print("Stopped.", highlight=False)
    return 0


def _welcome(console: Console, supervisor: Supervisor, seconds: float) -> None:
    folder, url = supervisor.folder, supervisor.url
    console.print(
        f"\nCapitalino is ready after {seconds:.1f} s: [bold]{url}[/bold]\n", highlight=False, soft_wrap=True
    )
    for line in demo_accounts(folder):
        console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    authority = folder.secrets / "authority.crt"
    told = {"url": url, "tls_url": supervisor.tls_url, "authority": authority, "command": own_command()}
    advice = ADVICE.format(**told)
    console.print(escape(advice) + "\n", highlight=False, soft_wrap=True)


def own_command() -> str:
    """What to type for `capitalino` in this folder: its path, unless the shell finds it by its name."""
    own = Path(sys.executable).with_name("capitalino")
    found = shutil.which("capitalino")
    if not own.exists() or (found is not None and Path(found) == own):
        return "capitalino"
    return str(own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own)


def demo_accounts(folder: Folder) -> list[str]:
    """The accounts that `capitalino demo` has made, or how to make them."""
    try:
        accounts = json.loads((folder.root / "demo.json").read_text())["accounts"]
    except (OSError, ValueError, KeyError):
        return [f"Demo    {own_command()} demo makes an investor with two years of history"]
    lines = [f"Demo    {one['role']}: {one['email']} · password {one['password']}" for one in accounts]
    return [*lines, f"        {own_command()} demo shows the codes of now"]
