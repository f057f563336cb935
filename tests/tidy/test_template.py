"""`make service` makes a service that works: made in a copy of the tree, and tested there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COPIED = ("src", "tests/support", "tests/tidy", "tests/contract/events", "tools", "docs")
FILES = (
    "pyproject.toml",
    "ARCHITECTURE.md",
    "Makefile",
    ".importlinter",
    ".env.example",
    "tests/conftest.py",
)
UNSAFE = ("PYTEST", "COV", "CAPITALINO")
NEW = (
    "src/capitalino/services/loans",
    "src/capitalino/contracts/loans",
    "tests/unit/loans",
    "tests/integration/loans",
)


def run(tree: Path, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    """A command that sees the copy and nothing of the run that we are in."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(UNSAFE)}
    environment["PYTHONPATH"] = str(tree / "src")
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def well(done: "subprocess.CompletedProcess[str]") -> str:
    """What it said, if it went well."""
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def copied(place: Path) -> Path:
    """The parts of the tree that a service has to do with."""
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        shutil.copytree(ROOT / name, place / name, ignore=unwanted)
    for name in FILES:
        shutil.copy(ROOT / name, place / name)
    return place


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with the service `loans`, and with all that follows from it."""
    place = copied(tmp_path_factory.mktemp("template") / "tree")
    said = well(run(place, sys.executable, "tools/new_service.py", "loans"))
    assert "loans is there and works" in said
    well(run(place, sys.executable, "-m", "capitalino.app.cli", "generated"))
    return place


def test_it_is_in_the_catalogue_and_in_all_that_follows_from_it(tree: Path) -> None:
    table = run(tree, sys.executable, "-m", "capitalino.app.cli", "services").stdout
    assert "loans.note_kept.v1" in table
    assert "| **loans** |" in (tree / "ARCHITECTURE.md").read_text()
    assert "/api/v1/loans/notes" in (tree / "web" / "openapi.json").read_text()
    assert (tree / "docs" / "events" / "loans.note_kept.v1.json").exists()
    well(run(tree, sys.executable, "-m", "capitalino.app.cli", "generated", "--check"))


def test_nothing_of_the_template_is_left_in_it(tree: Path) -> None:
    for folder in NEW:
        texts = [path.read_text().lower() for path in (tree / folder).rglob("*.py")]
        assert texts, folder
        assert not any("example" in text for text in texts), folder


def test_it_keeps_the_style_and_the_import_contracts(tree: Path) -> None:
    well(run(tree, BIN / "ruff", "format", "--check", *NEW, "src/capitalino/app/catalog.py"))
    well(run(tree, BIN / "ruff", "check", *NEW))
    well(run(tree, BIN / "lint-imports", "--no-cache"))


def test_its_own_tests_and_the_rules_for_services_pass(tree: Path) -> None:
    common = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    own = ("tests/unit/loans", "tests/integration/loans", "tests/contract/events")
    said = well(run(tree, *common, *own))
    assert "skipped" not in said
    well(run(tree, *common, "tests/tidy/test_tidy.py", "-k", "loans"))


@pytest.mark.parametrize(
    "name, why",
    [
        ("ledger", "there is something called ledger already"),
        ("loans", "there is something called loans already"),
        ("Loans", "usage"),
        ("loan-s", "usage"),
        ("import", "no good name"),
        ("", "usage"),
    ],
)
def test_a_name_that_will_not_do_is_refused(tree: Path, name: str, why: str) -> None:
    before = sorted(path for path in tree.rglob("*") if "__pycache__" not in path.parts)
    done = run(tree, sys.executable, "tools/new_service.py", name)
    assert done.returncode == 1
    assert why in done.stderr
    assert sorted(path for path in tree.rglob("*") if "__pycache__" not in path.parts) == before
