"""`make setup`: an environment that was stopped half way is made again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the environment is made from."""
    for name in ("tools/setup.py", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def set_up(checkout: Path) -> "subprocess.CompletedProcess[str]":
    """Run it without an index: it gets as far as the environment itself."""
    return subprocess.run(
        [sys.executable, checkout / "tools" / "setup.py"],
        cwd=checkout,
        env={**os.environ, "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_an_environment_that_was_stopped_half_way_is_made_again(checkout: Path) -> None:
    half = checkout / ".venv" / "bin" / "python"
    half.parent.mkdir(parents=True)
    half.symlink_to(sys.executable)  # made before pip is: here a Ctrl-C has come
    done = set_up(checkout)
    assert "pip could not install uv" in done.stderr, "there is no index"
    assert "No module named pip" not in done.stderr
    pip = subprocess.run([half, "-m", "pip", "--version"], capture_output=True, text=True, check=True)
    assert str(checkout / ".venv") in pip.stdout
    (checkout / ".venv" / "mine").touch()
    set_up(checkout)
    assert (checkout / ".venv" / "mine").exists(), "a whole one is not made again"
