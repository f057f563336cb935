"""The sandbox for the venues' contract."""

import pytest

from tests.support.sandbox import sandbox, sandbox_process

pytest.register_assert_rewrite("tests.contract.venues.behaviour")
__all__ = ["sandbox", "sandbox_process"]
