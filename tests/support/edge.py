"""A real nginx with the generated configuration, in front of upstreams that say what has reached them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capitalino.app.stack import binaries
from capitalino.kit.module import Module, Parts
from capitalino.services.gateway.nginx import Edge, configuration
from tests.support.keeper import free_port

READY_WITHIN_S = 10


@dataclass
class Upstream:
    """Answers every request with its own name and what it was asked; keeps the headers of the last one."""

    name: str
    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer."""
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    def stop(self) -> None:
        """Be gone."""
        assert self.server is not None
        self.server.close()
        self.server.close_clients() if hasattr(self.server, "close_clients") else None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            self.headers = {
                name.lower(): value for name, value in (line.split(": ", 1) for line in lines if ": " in line)
            }
            method, path, _ = first.split(" ")
            if "upgrade" in self.headers:
                writer.write(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                )
            else:
                body = json.dumps({"name": self.name, "method": method, "path": path}).encode()
                about = (
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nX-Request-ID: mine\r\n"
                )
                writer.write(f"HTTP/1.1 200 OK\r\n{about}Connection: close\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()


def module(name: str, *words: str) -> Module:
    """A service that only has paths."""
    return Module(name=name, build=lambda _: Parts(), words=words)


@asynccontextmanager
async def edge_before(
    folder: Path, modules: tuple[Module, ...], upstreams: dict[str, Upstream], **different: Any
) -> AsyncIterator[str]:
    """Serve; gives the base URL. The upstreams `live` and `sandbox` are the hub and the sandbox."""
    web, docs = folder / "web", folder / "docs"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<title>the app</title>")
    (web / "assets" / "app-1a2b.js").write_text("let a = 1;")
    docs.mkdir()
    (docs / "swagger-ui.css").write_text("b {}")
    (folder / "openapi.json").write_text('{"openapi": "3.1.0"}')
    (folder / "asyncapi.json").write_text('{"asyncapi": "3.0.0"}')
    port = free_port()
    services = {name: one.address for name, one in upstreams.items() if name not in {"live", "sandbox"}}
    edge = Edge(
        **{
            "listen": f"127.0.0.1:{port}",
            "folder": folder,
            "web": web,
            "log": folder / "edge.log",
            "openapi": folder / "openapi.json",
            "asyncapi": folder / "asyncapi.json",
            "docs_ui": docs,
            "services": services,
            "live": upstreams["live"].address,
            "sandbox": upstreams["sandbox"].address,
            "is_root": os.geteuid() == 0,
            **different,
        }
    )
    (folder / "nginx.conf").write_text(configuration(modules, edge))
    command = [binaries.nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with (folder / "nginx.log").open("wb") as said:
        nginx = await asyncio.create_subprocess_exec(*command, stdout=said, stderr=said)
    try:
        await _until_open(port, nginx, folder / "nginx.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        nginx.terminate()
        await asyncio.wait_for(nginx.wait(), READY_WITHIN_S)


async def _until_open(port: int, nginx: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            assert nginx.returncode is None, _said(log)
            await asyncio.sleep(0.02)


def _said(log: Path) -> str:
    return log.read_text()
