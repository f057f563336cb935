"""What is shown at a terminal: settings with their origin, services with their neighbours."""

import pytest

from capitalino.app import services_table, settings_table
from capitalino.kit.settings import Shared


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that breaks no lines."""
    monkeypatch.setenv("COLUMNS", "300")


def test_a_setting_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAPITALINO_MODE", "production")
    monkeypatch.setenv("CAPITALINO_SMTP_URL", "smtp://user:hush@mail:25")
    rows = {name: (value, origin) for name, value, origin, _ in settings_table.rows(Shared)}
    assert rows["CAPITALINO_MODE"] == ("production", "set")
    assert rows["CAPITALINO_LOG_LEVEL"] == ("info", "default")
    assert rows["CAPITALINO_SMTP_URL"] == ("•••", "set")
    assert rows["CAPITALINO_VENUES_URL"] == ("", "default")


def test_every_setting_is_shown_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAPITALINO_LEDGER_DATABASE_URL", "postgresql://ledger_app:hush@host/db")
    settings_table.show()
    said = capsys.readouterr().out
    assert "CAPITALINO_LEDGER_DATABASE_URL" in said
    assert "every process" in said
    assert "CAPITALINO_POSTGRES_URL" in said
    assert "hush" not in said


def test_services_are_shown_with_what_they_ask_hear_and_tell(capsys: pytest.CaptureFixture[str]) -> None:
    services_table.show()
    said = capsys.readouterr().out
    row = said[said.index("\npayments") : said.index("\nnotifications")]
    words = set(row.replace(",", " ").split())
    assert {"quotes", "ledger", "market", "payments.deposit_settled.v1"} <= words
