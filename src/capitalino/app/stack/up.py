"""`capitalino up`: start, say where to go, wait, stop."""

import asyncio
import json
import signal
from contextlib import suppress

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
ADVICE = """\
  Try     register, and read the confirmation at {url}/sandbox/mail
          {url}/api/docs for the API
  Look    capitalino status · capitalino doctor · capitalino logs -f
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


def run(settings: StackSettings, options: Options) -> int:
    """Run until told to stop; the exit code."""
    console = Console()
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
        with suppress(asyncio.CancelledError):
            await starting
        return STOPPED_EARLY
    starting.result()
    _welcome(console, folder, supervisor.url, SYSTEM.monotonic() - begun)
    await stopping
    console.print("Stopping …", highlight=False)
    await supervisor.stop()
    console.print("Stopped.", highlight=False)
    return 0


def _welcome(console: Console, folder: Folder, url: str, seconds: float) -> None:
    console.print(
        f"\nCapitalino is ready after {seconds:.1f} s: [bold]{url}[/bold]\n", highlight=False, soft_wrap=True
    )
    for line in demo_accounts(folder):
        console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    console.print(ADVICE.format(url=url) + "\n", highlight=False, soft_wrap=True)


def demo_accounts(folder: Folder) -> list[str]:
    """The accounts that `capitalino demo` has made, or how to make them."""
    try:
        accounts = json.loads((folder.root / "demo.json").read_text())["accounts"]
    except (OSError, ValueError, KeyError):
        return ["Demo    capitalino demo makes an investor with two years of history"]
    lines = [f"Demo    {one['role']}: {one['email']} · password {one['password']}" for one in accounts]
    return [*lines, "        capitalino demo shows the codes of now"]
