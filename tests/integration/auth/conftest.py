"""The fixtures of auth's tests."""

from tests.integration.auth.world import mailbox, world

__all__ = ["mailbox", "world"]
