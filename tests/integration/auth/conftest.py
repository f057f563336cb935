"""The fixtures of auth's tests."""

from tests.integration.auth.outside import mailbox
from tests.integration.auth.programs import scene
from tests.integration.auth.world import world

__all__ = ["mailbox", "scene", "world"]
