"""Settings come from the environment, from a folder of secrets, or are what they are by default."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings, Shared, load


class ThingSettings(ServiceSettings):
    """Of a service called thing."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_THING_")


@pytest.fixture(autouse=True)
def _nothing_of_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` of this checkout, no settings of this shell."""
    monkeypatch.chdir(tmp_path)
    for name in ("CAPITALINO_SECRETS_DIR", "CAPITALINO_ENV_FILE", "CAPITALINO_MODE", "CAPITALINO_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)


def test_every_setting_has_a_default_and_a_sentence() -> None:
    for cls in (Shared, ThingSettings):
        load(cls)
        for name, field in cls.model_fields.items():
            assert field.description, name


def test_the_environment_comes_before_secrets_and_those_before_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "capitalino_thing_database_url").write_text("postgresql://secret/db\n")
    (tmp_path / "capitalino_thing_nats_url").write_text("nats://secret:4222")
    monkeypatch.setenv("CAPITALINO_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("CAPITALINO_THING_NATS_URL", "nats://environment:4222")
    settings = load(ThingSettings)
    assert settings.database_url.get_secret_value() == "postgresql://secret/db"
    assert settings.nats_url.get_secret_value() == "nats://environment:4222"
    assert settings.valkey_url.get_secret_value() == "valkey://127.0.0.1:6379"


def test_a_folder_of_secrets_that_is_not_there_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAPITALINO_SECRETS_DIR", "/nowhere/at/all")
    assert load(Shared).mode == "development"


def test_an_env_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CAPITALINO_PUBLIC_URL=https://one.example\n")
    assert load(Shared).public_url == "https://one.example"
    (tmp_path / "other").write_text("CAPITALINO_PUBLIC_URL=https://two.example\n")
    monkeypatch.setenv("CAPITALINO_ENV_FILE", "other")
    assert load(Shared).public_url == "https://two.example"


def test_settings_are_frozen_and_checked_and_secrets_do_not_show() -> None:
    settings = ThingSettings(database_url=SecretStr("postgresql://thing:hush@host/db"))
    assert "hush" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.pool_size = 3  # type: ignore[misc]
    with pytest.raises(ValidationError):
        ThingSettings(pool_size=0)
