"""A login: whose it is, what it may do, and the one gate in front of every token."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from capitalino.services.auth.errors import AddressNotGood, EmailUnconfirmed, LoginBarred

ADDRESS_MAX = 254


class Standing(StrEnum):
    """Whether a login may be used."""

    UNCONFIRMED = "unconfirmed"  # a registration whose link was not opened yet
    ACTIVE = "active"
    LOCKED = "locked"  # for now, by us or by its owner
    DISABLED = "disabled"


class Role(StrEnum):
    """What a login may be given."""

    INVESTOR = "investor"
    SUPPORT = "support"
    OPERATOR = "operator"
    COMPLIANCE = "compliance"
    TREASURER = "treasurer"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Login:
    """A login. Tokens that carry a smaller `epoch` are dead."""

    user_id: UUID
    investor_id: UUID
    email_sealed: bytes
    language: str
    password_hash: str
    standing: Standing
    epoch: int
    investor_opened_at: datetime | None
    roles: frozenset[Role] = frozenset()

    @property
    def acts_for(self) -> UUID | None:
        """The investor that it acts for: once that is open, and while it has the role."""
        is_investor = Role.INVESTOR in self.roles and self.investor_opened_at is not None
        return self.investor_id if is_investor else None


def may_authenticate(standing: Standing) -> None:
    """The gate: nothing is issued to a login that does not pass, whatever it has proved."""
    if standing is Standing.UNCONFIRMED:
        raise EmailUnconfirmed("Open the link in the mail that we sent to you first.")
    if standing is not Standing.ACTIVE:
        raise LoginBarred("This login may not be used now. Please talk to support.")


def clean_address(text: str) -> str:
    """An e-mail address in the one form that we keep; AddressNotGood for anything else."""
    try:
        found = validate_email(
            text.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise AddressNotGood("This is no e-mail address.") from error
    return found.ascii_email or found.normalized


def same_address(text: str) -> str:
    """What all spellings of one mailbox have in common. What is no address is only like itself."""
    try:
        return clean_address(text).casefold()
    except AddressNotGood:
        return text


def network_of(address: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 that one IPv6 line has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
