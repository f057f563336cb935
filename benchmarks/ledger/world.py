"""The ledger as a process runs it, for measuring: its service, its relay, and peers that ask it."""

import asyncio
import gc
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from benchmarks.servers import nothing
from capitalino.app.build import build
from capitalino.app.process import GC_THRESHOLD
from capitalino.app.stack.services import Servers
from capitalino.contracts.ledger.api import Account, LedgerAccounts, LedgerEntries, OpenAccounts
from capitalino.kit import answering
from capitalino.kit.bus import Bus
from capitalino.kit.loops import Loop, supervise
from capitalino.kit.module import Module
from capitalino.kit.outbox import Relay
from capitalino.kit.rpc import Peer
from capitalino.kit.settings import Shared, load
from capitalino.services.ledger.module import module as ledger_module

CALLER = Module(name="payments", build=nothing, asks=(LedgerEntries, LedgerAccounts))  # type: ignore[arg-type]
MODULES = (ledger_module, CALLER)
SPREAD = 10_000
"""Accounts 0 to 9,999 are many, the next two are hot."""
HOT = (SPREAD, SPREAD + 1)
OPEN_AT_ONCE = 100


def address(number: int) -> str:
    """One account's place."""
    return f"investor:b{number}:cash"


@dataclass(frozen=True, slots=True)
class World:
    """The running ledger and the contract's two doors to it."""

    entries: LedgerEntries
    accounts: LedgerAccounts
    bus: Bus


@asynccontextmanager
async def ledger(servers: Servers) -> AsyncGenerator[World]:
    """The ledger in this process, answering the bus too, with its relay."""
    os.environ["CAPITALINO_LEDGER_DATABASE_URL"] = servers.postgres.url("ledger_app")
    os.environ["CAPITALINO_LEDGER_NATS_URL"] = servers.nats.url("ledger")
    os.environ["CAPITALINO_LEDGER_VALKEY_URL"] = servers.valkey.url("ledger")
    (running,) = build([ledger_module], load(Shared))
    assert running.database is not None
    async with AsyncExitStack() as opened:
        opened.push_async_callback(running.database.close)
        await running.bus.open()
        opened.push_async_callback(running.bus.close)
        opened.push_async_callback(running.cache.aclose)
        for resource in running.parts.resources:
            await opened.enter_async_context(resource())
        for protocol, target in running.parts.apis.items():
            await answering.serve(protocol, target, running.bus)
        relay = Relay(running.database, running.bus)
        relaying = asyncio.create_task(supervise(Loop("ledger-relay", 0, relay.round), running.database))
        opened.callback(relaying.cancel)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        entries, accounts = (
            Peer(protocol, running.bus, running.parts.apis[protocol])
            for protocol in (LedgerEntries, LedgerAccounts)
        )
        yield World(entries, accounts, running.bus)  # type: ignore[arg-type]


async def open_accounts(accounts: LedgerAccounts) -> None:
    """All accounts, without bounds, as the peers' are."""
    for first in range(0, SPREAD + 2, OPEN_AT_ONCE):
        some = range(first, min(first + OPEN_AT_ONCE, SPREAD + 2))
        command = OpenAccounts(
            accounts=tuple(Account(address=address(n), asset="EUR", floor=None) for n in some)
        )
        await accounts.open_accounts(command)
