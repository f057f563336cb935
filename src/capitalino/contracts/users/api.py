"""What users can be asked."""

from typing import Literal, Protocol
from uuid import UUID

from capitalino.kit.message import Answer, Command

Language = Literal["en", "fa"]


class OpenInvestor(Command):
    """Make the investor of a new login, with its profile. The same id again changes nothing."""

    user_id: UUID
    investor_id: UUID
    language: Language
    base_asset: str = "EUR"


class InvestorOpened(Answer):
    """The investor stands."""

    investor_id: UUID
    repeated: bool


class UsersInvestors(Protocol):
    """The people whose money it is."""

    async def open_investor(self, command: OpenInvestor) -> InvestorOpened:
        """Refuses: users.investor_differs."""
        ...
