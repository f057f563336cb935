"""Renames that belong together: all of them or none, also when we are killed between two of them."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder

PLANNED = "moves.json"
Move = tuple[Path, Path]


def make(folder: Folder, moves: Sequence[Move]) -> None:
    """Rename each first to its second; on an error all is as it was. The folder is held by its lock."""
    folder.write(PLANNED, [[str(path) for path in move] for move in moves])
    try:
        for source, target in moves:
            source.rename(target)
    except OSError:
        undo(folder)
        raise
    folder.forget(PLANNED)


def undo(folder: Folder) -> None:
    """Rename back what was begun and not finished; nothing when all is whole."""
    planned: list[tuple[str, str]] = folder.read(PLANNED) or []
    for source, target in reversed([(Path(one), Path(other)) for one, other in planned]):
        if target.exists() and not source.exists():
            try:
                source.parent.mkdir(exist_ok=True)
                target.rename(source)
                with suppress(OSError):  # the folder that was made for it, once it is empty
                    target.parent.rmdir()
            except OSError as error:
                raise CannotStart(
                    f"What was begun could not be taken back ({error.strerror}): move {target} to {source}."
                ) from error
    folder.forget(PLANNED)
