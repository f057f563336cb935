"""Makes `.venv` exactly as `requirements.lock` says. Needs nothing but a Python from 3.11 on."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
WHOLE = VENV / ".whole"
"""Says that the environment itself was made to its end: a Ctrl-C in between leaves one without pip."""
UV = "uv==0.13.9"
OLDEST = (3, 11)
MADE_FROM = ("requirements.lock", "pyproject.toml", "tools/setup.py")


def main() -> None:
    """Do what is left to do; nothing when all is as it should be."""
    stamp = fingerprint()
    if STAMP.exists() and STAMP.read_text() == stamp:
        return
    if sys.version_info < OLDEST:
        run_with_newer()
    if not (WHOLE.exists() or STAMP.exists()) or not PYTHON.exists():
        tell("Making .venv ...")
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True
        )
        if made.returncode != 0:
            shutil.rmtree(VENV, ignore_errors=True)
            stop(
                f"{sys.executable} cannot make a virtual environment: install its venv module (python3-venv)."
            )
        WHOLE.touch()
    run(
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV],
        "pip could not install uv",
    )
    tell("Installing what requirements.lock names ...")
    uv = [str(VENV / "bin" / "uv"), "pip"]
    to = ["--quiet", "--python", str(PYTHON)]
    run(
        [*uv, "sync", *to, "--compile-bytecode", "--require-hashes", "requirements.lock"],
        "the packages could not be installed",
    )
    run([*uv, "install", *to, "--no-deps", "--editable", "."], "the project itself could not be installed")
    STAMP.write_text(stamp)


def fingerprint() -> str:
    """Of all that decides what is in `.venv`."""
    digest = hashlib.sha256()
    for name in MADE_FROM:
        digest.update((ROOT / name).read_bytes())
    digest.update(str(ROOT).encode())
    return digest.hexdigest()


def run_with_newer() -> None:
    """Begin again with a newer Python of this machine, or say that there is none."""
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    stop("Python 3.11 or newer is needed; name one with PYTHON=python3.12 make up.")


def run(command: "list[str]", trouble: str) -> None:
    """Run a step; end with a sentence when it fails."""
    if subprocess.run(command, check=False, cwd=ROOT).returncode != 0:
        stop(f"{trouble}: the lines above say why.")


def tell(text: str) -> None:
    """Say what is being done."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def stop(text: str) -> None:
    """End with a sentence."""
    sys.exit(f"setup: {text}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("stopped half way; begin again, and it goes on.")
