"""What runs now, from the supervisor's own record."""

import json
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from capitalino.app.stack import leftovers
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.supervisor import STATE
from capitalino.kit.clock import SYSTEM

RUNS_NOT = 3


def collect(folder: Folder) -> dict[str, Any]:
    """The parts with what is true of them now; `is_running` says whether there is a supervisor."""
    state = folder.read(STATE) or {}
    is_running = folder.is_in_use() and bool(state)
    parts = []
    for name, record in (state.get("parts") or {}).items():
        process = leftovers.alive(record)
        parts.append(
            {
                "part": name,
                "state": _state(record, process),
                "pid": process.pid if process else None,
                **_rest(record),
            }
        )
    known = {name: state.get(name) for name in ("url", "tls_url", "shape")}
    return {"is_running": is_running, **known, "parts": parts}


def _state(record: dict[str, Any], process: psutil.Process | None) -> str:
    if process is None:
        return "down"
    return "troubled" if record.get("troubled") else "up"


def _rest(record: dict[str, Any]) -> dict[str, Any]:
    uptime_s = max(round(SYSTEM.now().timestamp() - record["created"]), 0)
    return {
        "address": record["address"],
        "title": record["title"],
        "restarts": record["restarts"],
        "uptime_s": uptime_s,
    }


def show(folder: Folder, *, as_json: bool) -> int:
    """Print it; the exit code."""
    found = collect(folder)
    console = Console()
    if as_json:
        console.print_json(json.dumps(found))
    elif not found["is_running"]:
        console.print(
            f"Nothing runs from {folder.root}: start it with `make up` or `capitalino up`.", highlight=False
        )
    else:
        table = Table(box=None, pad_edge=False)
        for heading in ("part", "state", "pid", "address", "up", "restarts"):
            table.add_column(heading, justify="right" if heading in {"pid", "up", "restarts"} else "left")
        for part in found["parts"]:
            row = (
                part["part"],
                part["state"],
                part["pid"],
                part["address"],
                _span(part["uptime_s"]),
                part["restarts"],
            )
            table.add_row(*(str(cell if cell is not None else "-") for cell in row))
        console.print(table)
        console.print(f"\n{found['url']}   {found['tls_url']}", highlight=False)
    return 0 if found["is_running"] else RUNS_NOT


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
