"""The shapes of Coinbase's answers about accounts, their addresses, and what arrived there."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid5

from capitalino.sandbox.coinbase_shapes import NAMES, OURS
from capitalino.sandbox.pairs import TAKER_FEE, Network, default_network, plain
from capitalino.sandbox.when import instant

CHAINS = {"BTC": "bitcoin", "ETH": "ethereum", "LTC": "litecoin"}
"""The networks, as Coinbase calls them."""
MADE_MS = 1_700_000_000_000
"""When the accounts were opened."""


def account_id(asset: str) -> str:
    """The id of the account of an asset."""
    return str(uuid5(OURS, asset))


def account(asset: str, free: Decimal, locked: Decimal) -> dict[str, Any]:
    """An account, as the newer calls show it."""
    return {
        "uuid": account_id(asset),
        "name": f"{asset} account",
        "currency": asset,
        "available_balance": {"value": plain(free), "currency": asset},
        "default": True,
        "active": True,
        "created_at": instant(MADE_MS),
        "updated_at": instant(MADE_MS),
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_CRYPTO" if default_network(asset) else "ACCOUNT_TYPE_FIAT",
        "ready": True,
        "hold": {"value": plain(locked), "currency": asset},
        "retail_portfolio_id": str(OURS),
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def older_account(asset: str, free: Decimal) -> dict[str, Any]:
    """An account, as the older calls show it."""
    is_crypto = default_network(asset) is not None
    return {
        "id": account_id(asset),
        "name": f"{asset} account",
        "primary": True,
        "type": "wallet" if is_crypto else "fiat",
        "currency": {"code": asset, "name": NAMES[asset], "type": "crypto" if is_crypto else "fiat"},
        "balance": {"amount": plain(free), "currency": asset},
        "created_at": instant(MADE_MS),
        "updated_at": instant(MADE_MS),
        "resource": "account",
        "resource_path": f"/v2/accounts/{account_id(asset)}",
        "allow_deposits": True,
        "allow_withdrawals": True,
    }


def fiat_currencies() -> dict[str, Any]:
    """The money that is not on a chain."""
    return {"data": [{"id": "EUR", "name": NAMES["EUR"], "min_size": "0.01"}]}


def crypto_currencies() -> dict[str, Any]:
    """The money that is."""
    found = [
        {
            "asset_id": account_id(asset),
            "code": asset,
            "name": name,
            "color": "#000000",
            "sort_index": 100,
            "exponent": 8,
            "type": "crypto",
            "address_regex": "",
        }
        for asset, name in NAMES.items()
        if default_network(asset)
    ]
    return {"data": found}


def exchange_rates() -> dict[str, Any]:
    """Only which assets there are: nobody trades by these."""
    return {"data": {"currency": "EUR", "rates": dict.fromkeys(NAMES, "1")}}


def fees() -> dict[str, Any]:
    """What orders cost."""
    rate = plain(TAKER_FEE)
    tier = {"pricing_tier": "Advanced 1", "taker_fee_rate": rate, "maker_fee_rate": rate}
    return {"total_fees": 0, "fee_tier": tier, "total_volume": 0}


@dataclass(frozen=True, slots=True)
class Address:
    """One address of an account; one with a tag is another one, with an id of its own."""

    network: Network
    address: str
    tag: str

    @property
    def id(self) -> str:
        """Coinbase's id of it."""
        return str(uuid5(OURS, f"{self.network.asset} {self.address} {self.tag}"))

    @property
    def path(self) -> str:
        """Where it is found."""
        return f"/v2/accounts/{account_id(self.network.asset)}/addresses/{self.id}"

    def shown(self) -> dict[str, Any]:
        """As it is listed."""
        return {
            "id": self.id,
            "address": self.address,
            "address_info": {"address": self.address, "destination_tag": self.tag},
            "name": None,
            "created_at": instant(MADE_MS),
            "updated_at": instant(MADE_MS),
            "network": CHAINS[self.network.network],
            "uri_scheme": CHAINS[self.network.network],
            "resource": "address",
            "resource_path": self.path,
            "destination_tag": self.tag,
            "deposit_uri": f"{CHAINS[self.network.network]}:{self.address}",
            "callback_url": None,
        }


def transaction(row: sqlite3.Row) -> dict[str, Any]:
    """What arrived. As there, it names neither the address nor its tag."""
    asset, name = row["asset"], CHAINS[row["network"]]
    found = str(uuid5(OURS, row["deposit_id"]))
    is_credited = bool(row["credited"])
    return {
        "id": found,
        "type": "send",
        "status": "completed" if is_credited else "pending",
        "amount": {"amount": plain(Decimal(row["amount"])), "currency": asset},
        "native_amount": {"amount": "0.00", "currency": "EUR"},
        "description": None,
        "created_at": instant(row["arrived_ms"]),
        "updated_at": instant(row["credit_ms"] if is_credited else row["arrived_ms"]),
        "resource": "transaction",
        "resource_path": f"/v2/accounts/{account_id(asset)}/transactions/{found}",
        "instant_exchange": False,
        "network": {
            "status": "confirmed" if is_credited else "pending",
            "hash": row["txid"],
            "network_name": name,
        },
        "from": {"resource": f"{name}_network", "currency": asset},
        "details": {"title": f"Received {NAMES[asset]}", "subtitle": f"From {NAMES[asset]} address"},
        "hide_native_amount": False,
    }


def withdrawal(row: sqlite3.Row, *, is_sent: bool) -> dict[str, Any]:
    """What was sent: less than nothing, the fee included. Until the chain has it, its id is not told."""
    asset, name = row["asset"], CHAINS[row["network"]]
    found = str(uuid5(OURS, f"withdrawal {row['withdrawal_id']}"))
    amount, fee = Decimal(row["amount"]), Decimal(row["fee"])
    status = "failed" if row["refused"] else "completed" if is_sent else "pending"
    to = {"address": row["address"]} | ({"destination_tag": row["tag"]} if row["tag"] else {})
    return {
        "id": found,
        "type": "send",
        "status": status,
        "amount": {"amount": plain(-amount - fee), "currency": asset},
        "native_amount": {"amount": "0.00", "currency": "EUR"},
        "description": None,
        "created_at": instant(row["asked_ms"]),
        "updated_at": instant(row["send_ms"] if is_sent else row["asked_ms"]),
        "resource": "transaction",
        "resource_path": f"/v2/accounts/{account_id(asset)}/transactions/{found}",
        "instant_exchange": False,
        "network": {
            "status": "confirmed" if is_sent else "pending",
            "network_name": name,
            "transaction_fee": {"amount": plain(fee), "currency": asset},
            "transaction_amount": {"amount": plain(amount), "currency": asset},
            **({"hash": row["txid"]} if is_sent else {}),
        },
        "to": {
            "resource": f"{name}_address",
            "address": row["address"],
            "currency": asset,
            "address_info": to,
        },
        "idem": row["client_id"],
        "details": {"title": f"Sent {NAMES[asset]}", "subtitle": f"To {NAMES[asset]} address"},
        "hide_native_amount": False,
    }


def listed(rows: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """A page of one of the older lists, which goes on after the row that is named."""
    after = query.get("starting_after")
    ids = [row["id"] for row in rows]
    start = ids.index(after) + 1 if after in ids else 0
    limit = min(int(query.get("limit", "25")), 100)
    page = rows[start : start + limit]
    goes_on = start + limit < len(rows)
    return {
        "pagination": {
            "ending_before": None,
            "starting_after": after,
            "limit": limit,
            "order": "desc",
            "next_starting_after": page[-1]["id"] if goes_on else None,
        },
        "data": page,
    }
