"""Time-ordered identifiers (UUIDv7), and ids of steps derived from the thing that they belong to."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: new keys land at the end of their index."""
    return uuid7()


def step_id(of: UUID, step: str) -> UUID:
    """The id of one step of a longer work: the same for ever, so that a repeat is recognised."""
    return uuid5(of, step)
