"""The addresses that somebody has listed at an exchange, which then sends to no other one."""

import sqlite3

from capitalino.sandbox.pairs import NETWORKS
from capitalino.sandbox.store import Store


class AddressBook:
    """Addresses by name. Those of the sandbox's own exchanges are there from the beginning."""

    def __init__(self, store: Store, venue: str) -> None:
        self._sql = store.sql
        self._venue = venue
        for network in NETWORKS:
            self.add(f"sandbox-{network.asset.lower()}", network.asset, network.address, "")

    def add(self, name: str, asset: str, address: str, tag: str) -> None:
        """List an address; under a name of before, it takes the place of the one of before."""
        self._sql.execute(
            "INSERT OR REPLACE INTO address (venue, name, asset, address, tag) VALUES (?, ?, ?, ?, ?)",
            (self._venue, name, asset, address, tag),
        )

    def listed(self, asset: str | None = None) -> list[sqlite3.Row]:
        """All, or those of one asset."""
        return self._sql.execute(
            "SELECT * FROM address WHERE venue = ? AND coalesce(?, asset) = asset ORDER BY name",
            (self._venue, asset),
        ).fetchall()
