"""The authority of a folder, and certificates below it."""

import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from capitalino.app.stack.certificates import certificate_for


def test_a_certificate_is_good_for_its_names_below_the_authority(tmp_path: Path) -> None:
    made = certificate_for(("localhost", "192.0.2.7", "localhost"), tmp_path)
    leaf = x509.load_pem_x509_certificate(made.chain.read_bytes())
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    for name in (x509.DNSName("localhost"), x509.IPAddress(ip_address("192.0.2.7"))):
        PolicyBuilder().store(Store([authority])).build_server_verifier(name).verify(leaf, [])
    assert leaf.not_valid_after_utc - datetime.now(UTC) < timedelta(days=91)


def test_the_authority_is_made_once_and_the_certificate_at_each_start(tmp_path: Path) -> None:
    first = certificate_for(("localhost",), tmp_path)
    authority, chain = first.authority.read_bytes(), first.chain.read_bytes()
    again = certificate_for(("localhost",), tmp_path)
    assert again.authority.read_bytes() == authority
    assert again.chain.read_bytes() != chain


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    certificate_for(("localhost",), tmp_path)
    for name in ("edge.key", "authority.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
