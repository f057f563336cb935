"""Production starts with safe settings only, and says all that is wrong with the others at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from capitalino.app.catalog import NAMES, chosen
from capitalino.app.safety import reasons, refuse_unsafe
from capitalino.app.stack.errors import CannotStart
from capitalino.kit.settings import Shared, load

KEY = "k1:" + "A" * 43 + "="
SERVERS = {
    "DATABASE_URL": "postgresql://role:secret@db.bank.example/capitalino?sslmode=verify-full",
    "NATS_URL": "tls://user:secret@nats.bank.example",
    "VALKEY_URL": "valkeys://user:secret@valkey.bank.example",
    "AUDIT_KEYS": KEY,
}
SAFE = {
    "CAPITALINO_MODE": "production",
    "CAPITALINO_PUBLIC_URL": "https://bank.example",
    "CAPITALINO_JWKS_URL": "https://auth.bank.example/api/v1/jwks",
    "CAPITALINO_SMTP_URL": "smtps://mail.bank.example",
    "CAPITALINO_MAIL_FROM": "Bank <no-reply@bank.example>",
    "CAPITALINO_LEDGER_CHECKPOINT_KEYS": KEY,
    "CAPITALINO_USERS_KEYS": KEY,
    "CAPITALINO_AUTH_KEYS": KEY,
    "CAPITALINO_AUTH_INDEX_KEY": "A" * 43 + "=",
    "CAPITALINO_PAYMENTS_BINANCE_KEY": "key",
    "CAPITALINO_PAYMENTS_BINANCE_SECRET": "secret",
    **{f"CAPITALINO_{name.upper()}_{what}": value for name in NAMES for what, value in SERVERS.items()},
}
UNSAFE = {
    "CAPITALINO_PUBLIC_URL": "http://bank.example",
    "CAPITALINO_JWKS_URL": "http://auth.bank.example/api/v1/jwks",
    "CAPITALINO_SMTP_URL": "smtp://mail.bank.example",
    "CAPITALINO_MAIL_FROM": "Capitalino <no-reply@localhost>",
    "CAPITALINO_VENUES_URL": "http://127.0.0.1:9000",
    "CAPITALINO_LOG_LEVEL": "debug",
    "CAPITALINO_LEDGER_DATABASE_URL": "postgresql://role:secret@db.bank.example/capitalino",
    "CAPITALINO_USERS_DATABASE_URL": "postgresql://role:secret@db.bank.example/capitalino?sslmode=require",
    "CAPITALINO_ANALYTICS_REPLICA_URL": "postgresql://role:secret@replica.bank.example/capitalino",
    "CAPITALINO_MARKET_NATS_URL": "nats://user:secret@nats.bank.example",
    "CAPITALINO_GATEWAY_VALKEY_URL": "valkey://user:secret@valkey.bank.example",
    "CAPITALINO_NOTIFICATIONS_NATS_URL": "tls://nats.bank.example",
    "CAPITALINO_LEDGER_CHECKPOINT_KEYS": None,
    "CAPITALINO_PAYMENTS_AUDIT_KEYS": None,
    "CAPITALINO_USERS_KEYS": None,
    "CAPITALINO_AUTH_KEYS": None,
    "CAPITALINO_AUTH_INDEX_KEY": None,
    "CAPITALINO_AUTH_HASH_MEMORY_KIB": "1024",
    "CAPITALINO_ALSO_ORIGINS": '["http://other.example"]',
    "CAPITALINO_AUTH_SIGN_INS_A_MINUTE": "100000",
    "CAPITALINO_AUTH_SESSION_ABSOLUTE_S": "604800",
    "CAPITALINO_AUTH_SESSION_IDLE_S": "86400",
    "CAPITALINO_MARKET_RATES_URL": "http://127.0.0.1:9000/rates",
    "CAPITALINO_MARKET_PRICE_QUORUM": "1",
    "CAPITALINO_PAYMENTS_VENUES": '["kraken"]',
    "CAPITALINO_PAYMENTS_DEPOSIT_VENUE": "okx",
}
"""Each of them alone is refused; None: not set."""


@contextmanager
def environment(**told: str | None) -> Iterator[None]:
    """These settings, and no other of ours."""
    before = {name: value for name, value in os.environ.items() if name.startswith("CAPITALINO_")}
    for name in before:
        del os.environ[name]
    os.environ.update({name: value for name, value in told.items() if value is not None})
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("CAPITALINO_")]:
            del os.environ[name]
        os.environ.update(before)


def found(**different: str | None) -> list[str]:
    with environment(**{**SAFE, **different}):
        return reasons(chosen(["all"]), load(Shared))


def test_what_is_safe_starts() -> None:
    assert found() == []
    with environment(**SAFE):
        refuse_unsafe(chosen(["all"]), load(Shared))


@pytest.mark.parametrize("setting", UNSAFE)
def test_what_is_not_safe_is_refused_and_named(setting: str) -> None:
    (told,) = found(**{setting: UNSAFE[setting]})
    assert setting in told
    assert "secret" not in told


def test_all_that_is_wrong_is_said_at_once() -> None:
    with environment(**{**SAFE, **UNSAFE}), pytest.raises(CannotStart) as refused:
        refuse_unsafe(chosen(["all"]), load(Shared))
    lines = str(refused.value).splitlines()
    assert (
        lines[0]
        == f"production refuses {len(lines) - 1} settings that are not safe, and has started nothing:"
    )
    for setting in UNSAFE:
        assert any(setting in line for line in lines), setting


def test_development_starts_as_it_is() -> None:
    with environment():
        refuse_unsafe(chosen(["all"]), load(Shared))
        assert len(reasons(chosen(["all"]), load(Shared))) > 20


def test_a_way_that_is_said_to_be_private_needs_no_tls() -> None:
    plain = {
        "CAPITALINO_USERS_DATABASE_URL": "postgresql://role:secret@postgres/capitalino",
        "CAPITALINO_USERS_NATS_URL": "nats://user:secret@nats",
        "CAPITALINO_JWKS_URL": "http://auth:8000/api/v1/jwks",
    }
    assert len(found(**plain)) == len(plain)
    assert found(**plain, CAPITALINO_PLAIN_HOSTS='["postgres", "nats", "auth"]') == []


def test_what_stays_on_this_machine_needs_no_tls() -> None:
    assert found(CAPITALINO_USERS_VALKEY_URL="valkey://user:secret@127.0.0.1:6379") == []
