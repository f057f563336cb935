"""The sandbox as a real process: one for each worker of a run, healed after every test."""

import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.keeper import Server, free_port, kept
from tests.support.run import Run

# Loopback has no TLS, and reading the machine's certificates for each client takes longer than the call.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox, and how to make it misbehave."""

    port: int
    smtp_port: int

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def venue_url(self) -> str:
        """The base URL for a venue."""
        return f"{self.url}/binance"

    @property
    def coinbase_url(self) -> str:
        """The base URL for Coinbase."""
        return f"{self.url}/coinbase"

    @property
    def kraken_url(self) -> str:
        """The base URL for Kraken."""
        return f"{self.url}/kraken"

    @property
    def okx_url(self) -> str:
        """The base URL for OKX."""
        return f"{self.url}/okx"

    async def fail(self, operation: str, fault: str, **rules: Any) -> None:
        """Let an operation fail from now on."""
        await self._ask("POST", "/exchange/faults", {"operation": operation, "fault": fault, **rules})

    async def heal(self) -> None:
        """No more faults."""
        await self._ask("DELETE", "/exchange/faults")

    async def state(self) -> Any:
        """Orders by client id, calls, balances."""
        return await self._ask("GET", "/exchange/state")

    async def sow(self, seed: int) -> None:
        """Let the chance of faults begin anew."""
        await self._ask("PUT", "/exchange/faults/seed", {"seed": seed})

    async def deposit(self, asset: str, amount: str, tag: str = "", venue: str = "binance") -> Any:
        """Let a deposit arrive at an exchange."""
        body = {"venue": venue, "asset": asset, "amount": amount, "tag": tag}
        return await self._ask("POST", "/exchange/deposits", body)

    async def list_address(self, name: str, asset: str, address: str, tag: str = "") -> None:
        """List an address at Kraken, which sends to no other."""
        body = {"name": name, "asset": asset, "address": address, "tag": tag}
        await self._ask("POST", "/exchange/addresses", body)

    async def refuse_withdrawal(self, venue: str, client_id: str) -> None:
        """Let an exchange refuse what it has not sent yet."""
        body = {"venue": venue, "client_id": client_id}
        await self._ask("POST", "/exchange/withdrawals/refused", body)

    async def mails(self) -> Any:
        """What was caught, newest first."""
        return await self._ask("GET", "/mail/messages")

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, verify=NO_TLS) as client:
            answer = await client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()


def command(port: int, smtp_port: int, folder: Path, *more: str) -> list[str]:
    """How to start a sandbox."""
    ports = ["--port", str(port), "--smtp-port", str(smtp_port)]
    return [sys.executable, "-m", "capitalino.sandbox", *ports, "--folder", str(folder), *more]


def _plan(home: Path) -> Server:
    port, smtp_port = free_port(), free_port()
    (home / "smtp_port").write_text(str(smtp_port))
    return Server(argv=command(port, smtp_port, home / "data", "--confirm-ms", "300"), port=port)


@pytest.fixture(scope="session")
def sandbox_process(run: Run) -> Sandbox:
    """This worker's sandbox."""
    home = run.folder / f"sandbox-{run.worker}"
    port = kept(home, run.pid, _plan)
    return Sandbox(port, int((home / "smtp_port").read_text()))


@pytest.fixture
async def sandbox(sandbox_process: Sandbox) -> AsyncIterator[Sandbox]:
    """The sandbox without faults, before and after."""
    await sandbox_process.heal()
    yield sandbox_process
    await sandbox_process.heal()
