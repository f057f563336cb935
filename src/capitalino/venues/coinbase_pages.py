"""Coinbase's lists, which come in pages: those of its newer calls by a cursor, of its older ones by a row."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from capitalino.venues.replies import Reply

Said = Annotated[str, Field(min_length=1)]


class Page(Reply):
    """A part of a list, and what to ask for the next one."""

    @property
    def onward(self) -> dict[str, str]:
        """Nothing on the last page."""
        raise NotImplementedError


class CursorPage(Page):
    """A part of a list of the newer calls."""

    has_next: bool
    cursor: str = ""

    @model_validator(mode="after")
    def leads_on(self) -> Self:
        """Half a list is none: what is not on it would be taken for not there."""
        if self.has_next and not self.cursor:
            raise ValueError("there is more, but not where")
        return self

    @property
    def onward(self) -> dict[str, str]:
        """Nothing on the last page."""
        return {"cursor": self.cursor} if self.has_next else {}


class OnwardReply(Reply):
    """After which row the next page begins."""

    next_starting_after: str | None = None


class StartingPage(Page):
    """A part of a list."""

    pagination: OnwardReply

    @property
    def onward(self) -> dict[str, str]:
        """Nothing on the last page."""
        after = self.pagination.next_starting_after
        return {"starting_after": after} if after else {}
