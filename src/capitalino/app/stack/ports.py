"""Ports for the inner servers, and the check that the edge's own is free."""

import errno
import secrets
import socket

from capitalino.app.stack.errors import CannotStart

FIRST, LAST = 20_000, 31_999
"""Below the ephemeral range: no outgoing connection can sit on the port of a child that restarts."""
TRIES = 200


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Nobody listens there."""
    return _bind(port, host) is None


def free_port(wish: int | None = None, *, avoid: set[int] | None = None) -> int:
    """`wish` when it is free, else any free one that is not in `avoid`."""
    if wish is not None and is_free(wish):
        return wish
    for _ in range(TRIES):
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if port not in (avoid or ()) and is_free(port):
            return port
    raise CannotStart(f"No free port between {FIRST} and {LAST} on this machine.")


def require_free(port: int, host: str, name: str) -> None:
    """Refuse a port of the edge's in a sentence when it is taken or needs rights that we lack."""
    trouble = _bind(port, host)
    if trouble is None:
        return
    if trouble == errno.EACCES:
        raise CannotStart(
            f"Port {port} needs more rights than you have: choose one from 1024 on, as in {name}=8000."
        )
    if trouble == errno.EADDRINUSE:
        raise CannotStart(
            f"Port {port} is taken by another program: choose another, as in {name}={port + 1} make up."
        )
    raise CannotStart(f"Cannot listen on {host}:{port}: {errno.errorcode.get(trouble, trouble)}.")


def lan_address() -> str:
    """The address by which other machines of the local network reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks the routing table
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _bind(port: int, host: str) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno
        return None
