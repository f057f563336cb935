"""Figures as they are printed and kept."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"


def say(text: str) -> None:
    """A line for people."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0.95) of them stay at or below."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def finish(name: str, figures: dict[str, Any]) -> None:
    """Keep the figures with machine and commit, and end with their line of JSON."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    kept = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "machine": {"cpus": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")
    say(json.dumps(figures))
