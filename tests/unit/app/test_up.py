"""What `capitalino up` says, also when nobody can be told."""

import os
from pathlib import Path
from typing import TextIO, cast

from rich.console import Console

from capitalino.app.stack.up import Screen


def test_a_reader_that_is_gone_stops_nothing() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w") as file:
        console = Console(file=cast("TextIO", Screen(file)))
        for _ in range(3):
            console.print("Stopping …")


def test_a_full_disk_stops_nothing() -> None:
    file = Path("/dev/full").open("w")  # noqa: SIM115 - closing it is to fail too
    console = Console(file=cast("TextIO", Screen(file)))
    for _ in range(3):
        console.print("Stopping …")
    os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())
    file.close()
