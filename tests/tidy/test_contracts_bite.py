"""The import contracts guard something: violations seeded into a copy of the code are caught."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).parent / "lint-imports"
SEEDS = {
    "kit imports a service": ("kit/ids.py", "from capitalino.services.ledger import domain"),
    "contracts import a service": (
        "contracts/ledger/api.py",
        "from capitalino.services.ledger import domain",
    ),
    "a service imports another": (
        "services/payments/errors/payments.py",
        "from capitalino.services.ledger import errors",
    ),
    "and not inside a function either": (
        "services/payments/domain/payments.py",
        "def f() -> None:\n    from capitalino.services.ledger import store",
    ),
    "and not for types either": (
        "services/payments/domain/payments.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import capitalino.services.ledger.errors",
    ),
    "notifications ask the ledger": (
        "services/notifications/domain.py",
        "import capitalino.contracts.ledger.api",
    ),
    "the market asks payments": ("services/market/errors.py", "import capitalino.contracts.ledger.api"),
    "a store imports its service": (
        "services/ledger/errors/entries.py",
        "from capitalino.services.ledger import service",
    ),
    "routes import the store": (
        "services/payments/routes/investor.py",
        "from capitalino.services.payments.store import quotes",
    ),
    "a domain imports sqlalchemy": ("services/ledger/domain.py", "import sqlalchemy"),
    "a domain imports asyncio": ("services/payments/domain/payments.py", "import asyncio"),
    "money imports the kit": ("money.py", "from capitalino.kit import db"),
    "a service imports fastapi": ("services/payments/service/quotes.py", "import fastapi"),
    "routes write SQL": ("services/payments/routes/investor.py", "from sqlalchemy import select"),
    "the kit goes round in a circle": ("kit/ids.py", "from capitalino.kit import message"),
    "somebody imports the sandbox": ("app/catalog.py", "import capitalino.sandbox.mail"),
    "the app is imported from below": ("services/ledger/domain.py", "from capitalino.app import catalog"),
}


def broken(src: Path) -> list[str]:
    done = subprocess.run(
        [LINT, "--config", ROOT / ".importlinter", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(src)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    src = tmp_path_factory.mktemp("seeded") / "src"
    shutil.copytree(
        ROOT / "src" / "capitalino", src / "capitalino", ignore=shutil.ignore_patterns("__pycache__")
    )
    return src


def test_the_code_keeps_them(copy: Path) -> None:
    assert broken(copy) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seeded_violation_is_caught(copy: Path, seed: str) -> None:
    name, line = SEEDS[seed]
    path = copy / "capitalino" / name
    clean = path.read_text()
    try:
        path.write_text(f"{clean}\n{line}\n")
        assert broken(copy), seed
    finally:
        path.write_text(clean)
