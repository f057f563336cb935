"""From which pages a socket may be opened."""

import pytest

from capitalino.kit.settings import Shared
from capitalino.services.notifications.live.door import origins


def test_while_developing_this_machine_has_two_names() -> None:
    shared = Shared(mode="development", public_url="http://localhost:8123/")
    assert origins(shared) == {"http://localhost:8123", "http://127.0.0.1:8123"}


@pytest.mark.parametrize(
    "mode, url", [("production", "http://localhost:8000"), ("development", "https://a.example")]
)
def test_otherwise_only_our_own_pages_count(mode: str, url: str) -> None:
    assert origins(Shared.model_validate({"mode": mode, "public_url": url})) == {url}
