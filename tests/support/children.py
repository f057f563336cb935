"""Small parts for tests of the supervisor, and a supervisor in a process of its own that can be killed."""

import asyncio
import sys
from pathlib import Path

from capitalino.app.stack.folder import Folder
from capitalino.app.stack.part import Check, Part
from capitalino.app.stack.supervisor import Plan, Supervisor

# Says when it starts and when it is told to stop; becomes ready by making a file.
CHILD = """
import pathlib, signal, sys, time
home, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def say(what):
    with (home / "said").open("a") as file:
        file.write(f"{name} {what}\\n")
def stop(*_):
    say("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
(home / name).unlink(missing_ok=True)
time.sleep(float(sys.argv[3]))
say("started")
(home / name).touch()
while True:
    time.sleep(60)
"""


class Quiet:
    """Nobody is told."""

    def part_ready(self, part: Part, seconds: float) -> None:
        """Say nothing."""

    def part_waits(self, part: Part, reason: str) -> None:
        """Say nothing."""


def child(home: Path, name: str, *needs: str, slow_s: float = 0) -> Part:
    """A part that is ready once its file is there."""
    command = (sys.executable, "-c", CHILD, str(home), name, str(slow_s))
    return Part(name, name.capitalize(), needs=needs, command=command, ready=_exists(home / name))


def _exists(path: Path) -> Check:
    async def check() -> bool:
        return await asyncio.to_thread(path.exists)

    return check


def said(home: Path) -> list[str]:
    """What the children have said, in order."""
    return (home / "said").read_text().splitlines() if (home / "said").exists() else []


async def _run(home: Path) -> None:
    plan = Plan((child(home, "database"), child(home, "service", "database")), "http://localhost", "one")
    await Supervisor(Folder(home / "var"), Quiet()).start(lambda: plan)
    _tell(home / "all-up")
    await asyncio.sleep(600)


def _tell(path: Path) -> None:
    path.touch()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
