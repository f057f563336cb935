"""The HTTP server, behind one function: it runs in our process and our event loop, and stops when told."""

from contextlib import suppress
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server


async def serve_http(app: Any, host: str, port: int) -> None:
    """Serve an ASGI application until cancelled."""
    server = Server(
        app, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False, websockets=False
    )
    serving = None
    try:
        serving = server.serve()
        await serving
    finally:
        with suppress(Exception):
            server.stop()  # type: ignore[no-untyped-call]
