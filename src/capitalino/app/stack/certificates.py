"""TLS on this machine: a certificate authority of the folder's own, and the edge's certificate below it."""

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from capitalino.app.stack.folder import replace

AUTHORITY_LASTS = timedelta(days=3650)
LASTS = timedelta(days=90)
"""A new one is made at each start: nothing has to be renewed by hand."""
BACKDATED = timedelta(hours=1)
"""Clocks of phones are not ours."""
AUTHORITY = "Capitalino's own authority on this machine"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows, in files. `authority` is what a browser has to trust."""

    chain: Path
    key: Path
    authority: Path


def certificate_for(hosts: Iterable[str], secrets: Path) -> Certificate:
    """A new certificate for names and addresses, below the folder's authority, which is made once."""
    authority, signing = _authority(secrets)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [_name(host) for host in dict.fromkeys(hosts)]
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = (
        _begun("Capitalino", authority.subject, key.public_key(), LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(server, critical=False)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .sign(signing, SHA256())
    )
    found = Certificate(secrets / "edge.crt", secrets / "edge.key", secrets / "authority.crt")
    replace(found.key, _pem(key))
    replace(found.chain, made.public_bytes(Encoding.PEM).decode())
    return found


def _authority(secrets: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key_file, file = secrets / "authority.key", secrets / "authority.crt"
    if file.exists():  # written after its key
        key = load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey), "we have made it"
        return x509.load_pem_x509_certificate(file.read_bytes()), key
    made = ec.generate_private_key(ec.SECP256R1())
    name = f"{AUTHORITY} ({os.urandom(4).hex()})"
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _begun(name, own, made.public_key(), AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        .sign(made, SHA256())
    )
    replace(key_file, _pem(made))
    replace(file, certificate.public_bytes(Encoding.PEM).decode())
    return certificate, made


def _begun(
    name: str, issuer: x509.Name, public: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lasts)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
