"""API keys: an Ed25519 key pair. We keep the public half; who has the private one signs each request."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from capitalino.kit.auth.principals import Scope
from capitalino.services.auth.errors import ApiKeyNotGood

KEYS_MAX = 20
NETWORKS_MAX = 20
LASTS_MAX = timedelta(days=366)
PASS_TTL = timedelta(minutes=45)
"""Shorter than the hour for which epochs, revocations and signing keys are kept: a pass dies before them."""
PASS_RENEWED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of one login. No networks mean any address."""

    key_id: UUID
    user_id: UUID
    name: str
    public_key: bytes
    scopes: frozenset[Scope]
    networks: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    used_from_sealed: bytes | None = None


def clean_networks(given: Iterable[str], scopes: frozenset[Scope]) -> tuple[str, ...]:
    """Addresses and networks in one form. Money goes out only to requests from an address that is named."""
    try:
        networks = tuple(str(ipaddress.ip_network(one.strip())) for one in given)
    except ValueError:
        raise ApiKeyNotGood("This is no address and no network.", reason="network") from None
    if Scope.WITHDRAW in scopes and not networks:
        raise ApiKeyNotGood("A key that may withdraw needs a list of addresses.", reason="networks_needed")
    if any(one.endswith("/0") for one in networks):
        raise ApiKeyNotGood("All addresses of the world are no list.", reason="network")
    return networks


def must_expire(expires_at: datetime, now: datetime) -> None:
    """ApiKeyNotGood unless it ends in time to come, within a year."""
    if not now < expires_at <= now + LASTS_MAX:
        raise ApiKeyNotGood("A key lasts for a year at most.", reason="expiry")
