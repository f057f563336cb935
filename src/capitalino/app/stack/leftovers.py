"""What a killed supervisor may have left behind is found by its records and ended before the next start."""

import os
import signal
from contextlib import suppress
from typing import Any

import psutil

SAME_S = 2.0
"""A start time is remembered to the clock tick, but a corrected clock may shift it a little."""
END_WITHIN_S = 15.0


def alive(record: dict[str, Any]) -> psutil.Process | None:
    """The very process of a record, and not another one that was given its number since."""
    pid = record.get("pid")
    if not pid:
        return None
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        same_time = abs(process.create_time() - float(record.get("created", 0))) < SAME_S
        is_running = process.status() != psutil.STATUS_ZOMBIE
        if same_time and is_running and str(record.get("program", "")) in " ".join(process.cmdline()):
            return process
    return None


def end(records: list[dict[str, Any]]) -> int:
    """End every process of the records, with what belongs to its session. Tells how many there were."""
    found: dict[int, tuple[psutil.Process, int]] = {}
    for record in records:
        for process in _of_record(record):
            found[process.pid] = (process, int(record.get("stop_signal", signal.SIGTERM)))
    for process, told_by in found.values():
        with suppress(psutil.Error):
            process.send_signal(told_by)
    _, still = psutil.wait_procs([process for process, _ in found.values()], timeout=END_WITHIN_S)
    for process in still:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(still, timeout=END_WITHIN_S)
    return len(found)


def _of_record(record: dict[str, Any]) -> list[psutil.Process]:
    leader = alive(record)
    if leader is not None:
        return [leader]
    pid = record.get("pid")
    if not pid or _is_anothers(pid, record):
        return []
    orphans = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if (
                os.getsid(process.pid) == pid
                and process.create_time() >= float(record.get("created", 0)) - SAME_S
            ):
                orphans.append(process)
    return orphans


def _is_anothers(pid: int, record: dict[str, Any]) -> bool:
    """The number was given to another process since."""
    try:
        return abs(psutil.Process(pid).create_time() - float(record.get("created", 0))) >= SAME_S
    except psutil.Error:
        return False
