"""The sandbox for the venues' contract."""

import pytest

from tests.support.sandbox import sandbox, sandbox_process

for part in ("bad_days", "behaviour", "recordings", "withdrawing"):
    pytest.register_assert_rewrite(f"tests.contract.venues.{part}")
__all__ = ["sandbox", "sandbox_process"]
