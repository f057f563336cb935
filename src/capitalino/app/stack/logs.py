"""What the parts say: the ends of their logs, and what comes next."""

import time
from collections import deque
from pathlib import Path
from typing import TextIO

import typer

from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder

LOOK_EVERY_S = 0.2


def show(folder: Folder, part: str | None, *, lines: int, follow: bool) -> None:
    """Print the last lines of one part or of all; with `follow`, go on until Ctrl-C."""
    paths = sorted(folder.log.glob("*.log"))
    if part is not None:
        known = [path.stem for path in paths]
        paths = [path for path in paths if path.stem == part]
        if not paths:
            raise CannotStart(f"There is no log of {part!r}; there are: {', '.join(known) or 'none'}.")
    files = {path: path.open(errors="replace") for path in paths}
    for path, file in files.items():
        for line in deque(file, maxlen=lines):
            _say(path, line, alone=part is not None)
    while follow:
        said = [_go_on(path, file, alone=part is not None) for path, file in files.items()]
        if not any(said):
            time.sleep(LOOK_EVERY_S)


def _go_on(path: Path, file: TextIO, *, alone: bool) -> bool:
    if path.stat().st_size < file.buffer.tell():  # put aside meanwhile: it begins anew
        file.seek(0)
    said = file.readlines()
    for line in said:
        _say(path, line, alone=alone)
    return bool(said)


def _say(path: Path, line: str, *, alone: bool) -> None:
    typer.echo(line.rstrip("\n") if alone else f"{path.stem:<14} {line.rstrip()}")
