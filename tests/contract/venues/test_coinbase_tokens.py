"""Coinbase's keys of today, which sign by a token: a sandbox of its own for each kind of them."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from capitalino.kit.clock import SYSTEM
from capitalino.sandbox.binance_asked import Key
from capitalino.sandbox.server import Options, serving
from capitalino.venues import VenueSettings, open_venue
from capitalino.venues.port import Never, OrderState
from tests.contract.venues.behaviour import BTC, order
from tests.support.keeper import free_port


def _elliptic() -> Key:
    """As Coinbase gave out keys until 2025."""
    secret = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    return Key("organizations/0/apiKeys/1", secret.decode())


def _edwards() -> Key:
    """As Coinbase gives them out now: both halves, one after the other."""
    pair = Ed25519PrivateKey.generate()
    halves = pair.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    halves += pair.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Key("5f1f8d6e-0000-4000-8000-000000000001", base64.b64encode(halves).decode())


class TestTokens:
    """Keys of today sign with a token for each request."""

    @pytest.fixture(params=[_elliptic, _edwards], ids=["elliptic", "edwards"])
    async def settings(self, request: pytest.FixtureRequest) -> AsyncIterator[VenueSettings]:
        key: Key = request.param()
        port = free_port()
        async with serving(Options(port, free_port(), key=key), SYSTEM):
            yield VenueSettings(
                f"http://127.0.0.1:{port}/coinbase", SecretStr(key.name), SecretStr(key.secret)
            )

    async def test_orders_and_older_calls_are_signed(self, settings: VenueSettings) -> None:
        async with open_venue("coinbase", settings) as venue:
            placed = await venue.place(order())
            assert await venue.look_up(BTC, placed.client_order_id) == placed
            assert (await venue.deposit_address("BTC")).network == "bitcoin"

    async def test_an_order_that_is_sent_long_after_its_time_is_refused(
        self, settings: VenueSettings
    ) -> None:
        async with open_venue("coinbase", settings) as venue:
            late = order(sent_at=datetime.now(UTC) - timedelta(seconds=11))
            with pytest.raises(Never) as refusal:
                await venue.place(late)
            assert refusal.value.code == "401"
            assert await venue.look_up(BTC, late.client_order_id) is None
            in_time = order(sent_at=datetime.now(UTC) - timedelta(seconds=7))
            assert (await venue.place(in_time)).state is OrderState.FILLED

    async def test_another_key_is_shut_out(self, settings: VenueSettings) -> None:
        for other in (
            replace(settings, api_key=SecretStr("organizations/0/apiKeys/2")),
            replace(settings, secret=SecretStr(_elliptic().secret)),
            replace(settings, secret=SecretStr(_edwards().secret)),
        ):
            async with open_venue("coinbase", other) as venue:
                with pytest.raises(Never):
                    await venue.balances()
