"""What the stack tells its services: made-up reference rates in development, real ones in production."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capitalino.app.stack.folder import Folder
from capitalino.app.stack.place import Place
from capitalino.app.stack.plan import servers_of
from capitalino.app.stack.services import Processes
from capitalino.app.stack.settings import StackSettings

RATES = "CAPITALINO_MARKET_RATES_URL"
PLACE = Place(
    "127.0.0.1",
    8000,
    "http://localhost:8000",
    is_root=False,
    tls_port=8443,
    tls_url="https://localhost:8443",
)
ELSEWHERE: dict[str, Any] = {"venues_url": "http://127.0.0.1:1", "smtp_url": "smtp://127.0.0.1:2"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """An open folder."""
    opened = Folder(tmp_path / "var")
    opened.open(disk_min_bytes=1)
    yield opened
    opened.close()


def told(folder: Folder, **settings: Any) -> tuple[str | None, bool]:
    """Where rates are read, and whether there is a sandbox."""
    chosen = StackSettings(**settings)
    processes = Processes(folder, chosen, (), "one")
    environment = processes.environment(PLACE, servers_of(folder, chosen))
    return environment.get(RATES), bool(processes.sandbox())


def test_the_sandbox_tells_rates_in_development_and_the_real_sources_in_production(folder: Folder) -> None:
    url = f"http://127.0.0.1:{folder.port('sandbox')}/rates"
    assert told(folder) == (url, True)
    assert told(folder, mode="production") == (None, True)
    assert told(folder, rates="real") == (None, True)
    assert told(folder, mode="production", rates="sandbox") == (url, True)


def test_there_is_a_sandbox_for_whatever_comes_from_it(folder: Folder) -> None:
    assert told(folder, **ELSEWHERE, rates="sandbox")[1]
    assert told(folder, **ELSEWHERE, rates="real") == (None, False)
    assert told(folder, **ELSEWHERE, mode="production") == (None, False)
