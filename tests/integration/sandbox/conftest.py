"""The sandbox for its own tests."""

from tests.support.sandbox import sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]
