"""The running platform, one for the whole run."""

from tests.support.shared_stack import running

__all__ = ["running"]
