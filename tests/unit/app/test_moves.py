"""Renames that belong together: all or none."""

from pathlib import Path

import pytest

from capitalino.app.stack import moves
from capitalino.app.stack.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder with old data, and new data beside."""
    opened = Folder(tmp_path / "var")
    opened.open(disk_min_bytes=1)
    for name in ("postgres", "nats"):
        (opened.root / name).mkdir()
        (opened.root / name / "old").touch()
        (opened.root / "fresh" / name).mkdir(parents=True)
    (opened.root / "aside").mkdir()
    return opened


def planned(folder: Folder) -> list[moves.Move]:
    """Old ones out, new ones in."""
    root, names = folder.root, ("postgres", "nats")
    out = [(root / name, root / "aside" / name) for name in names]
    return out + [(root / "fresh" / name, root / name) for name in names]


def is_old(folder: Folder) -> list[bool]:
    """Whether the old data is in its place."""
    return [(folder.root / name / "old").exists() for name in ("postgres", "nats")]


def test_all_change_places(folder: Folder) -> None:
    moves.make(folder, planned(folder))
    assert is_old(folder) == [False, False]
    moves.undo(folder)
    assert is_old(folder) == [False, False], "what was finished stands"


@pytest.mark.parametrize("at", range(4))
def test_one_that_fails_takes_the_others_back(folder: Folder, at: int) -> None:
    listed = planned(folder)
    listed[at] = (folder.root / "missing", folder.root / "nowhere")
    with pytest.raises(FileNotFoundError):
        moves.make(folder, listed)
    assert is_old(folder) == [True, True]


@pytest.mark.parametrize("made", range(5))
def test_what_was_killed_in_between_is_taken_back(folder: Folder, made: int) -> None:
    listed = planned(folder)
    folder.write(moves.PLANNED, [[str(path) for path in move] for move in listed])
    for source, target in listed[:made]:
        source.rename(target)
    moves.undo(folder)
    assert is_old(folder) == [True, True]
    assert not (folder.run / moves.PLANNED).exists()
