"""The files for containers: the servers take them, each sees its own, and Compose runs what there is."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from capitalino.app.catalog import NAMES, chosen, module
from capitalino.app.stack import binaries
from capitalino.app.stack.containers import EDGE, LIVE_PORT, MIGRATE, PORT, write_files
from capitalino.kit.settings import SECRETS_DIR, load
from tests.support.stack import web

DEPLOY = Path(__file__).parents[3] / "deploy"
SERVERS = {"postgres", "nats", "valkey", "edge"}
JOBS = {"files", "migrate"}
MODULES = chosen(["all"])


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """What Compose is told."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    return found


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """The volume of configuration, written."""
    write_files(MODULES, tmp_path / "config", web(tmp_path))
    return tmp_path / "config"


def seen_by(service: dict[str, Any]) -> list[str]:
    """The folders of the volume that a container sees."""
    mounts = [one for one in service["volumes"] if isinstance(one, dict) and one["source"] == "config"]
    assert all(one["read_only"] for one in mounts)
    return [one["volume"]["subpath"] for one in mounts]


def test_compose_runs_every_service_and_no_other(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {*NAMES, *SERVERS, *JOBS}
    for name in NAMES:
        live = ["--live-port", str(LIVE_PORT)] if "ws" in module(name).words else []
        serve = ["serve", name, "--host", "0.0.0.0", "--port", str(PORT)]  # noqa: S104 - inside a container
        assert services[name]["command"] == serve + live
    assert set(services["edge"]["depends_on"]) == set(NAMES)
    told = services["gateway"]["environment"]["CAPITALINO_GATEWAY_SERVICES"]
    assert yaml.safe_load(told) == {name: f"http://{name}:{PORT}" for name in NAMES}


def test_each_container_sees_its_own_folder_only(compose: dict[str, Any], volume: Path) -> None:
    for name in {*NAMES, *SERVERS}:
        assert seen_by(compose["services"][name]) == [name]
        assert (volume / name).is_dir()
    for name in JOBS:
        assert compose["services"][name]["volumes"] == ["config:/config"]
    assert compose["services"]["migrate"]["environment"][SECRETS_DIR] == f"/config/{MIGRATE}"


def test_only_the_edge_is_met_from_outside_and_only_on_this_machine(compose: dict[str, Any]) -> None:
    ports = {name: one["ports"] for name, one in compose["services"].items() if "ports" in one}
    assert ports == {"edge": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_our_own_containers_have_no_rights(compose: dict[str, Any]) -> None:
    for name in (*NAMES, *JOBS):
        assert compose["services"][name]["cap_drop"] == ["ALL"]
        assert compose["services"][name]["read_only"] is True
    assert "USER capitalino" in (DEPLOY / "docker" / "Dockerfile").read_text().splitlines()
    assert "--require-hashes" in (DEPLOY / "docker" / "Dockerfile").read_text()


def test_a_service_is_told_its_own_servers_and_never_the_owner(
    volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in MODULES:
        monkeypatch.setenv(SECRETS_DIR, str(volume / one.name))
        settings = load(one.settings)
        assert settings.nats_url.get_secret_value().startswith(f"nats://{one.name}:")
        assert settings.owner_database_url is None
        if one.schema:
            assert f"://{one.name}_app:" in settings.database_url.get_secret_value()
            assert (volume / MIGRATE / f"capitalino_{one.name}_owner_database_url").is_file()
        assert not [path for path in (volume / one.name).iterdir() if path.stat().st_mode & 0o077]


def test_keys_and_passwords_stay_when_it_is_written_again(volume: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in volume.rglob("*") if path.is_file() and path.name != "lock"}
    write_files(MODULES, volume, web(tmp_path))
    assert {path: path.read_bytes() for path in before} == before


def test_the_servers_take_their_configuration(volume: Path, tmp_path: Path) -> None:
    _checks(binaries.nats(), "-t", "--config", str(volume / "nats" / "nats.conf"))
    text = (volume / "edge" / "nginx.conf").read_text()
    for name in NAMES:  # there is no network here that knows them
        text = text.replace(f"server {name}:", "server 127.0.0.1:")
    text = text.replace(str(EDGE), str(volume / "edge")).replace(" /tmp", f" {tmp_path}")
    (tmp_path / "nginx.conf").write_text(text.replace("/dev/stdout", str(tmp_path / "edge.log")))
    _checks(binaries.nginx(), "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    assert f"alias {EDGE}/docs/index.html" in (volume / "edge" / "nginx.conf").read_text()
    for name in ("docs/index.html", "docs-ui/swagger-ui.css", "web/index.html", "openapi.json"):
        assert (volume / "edge" / name).is_file()


def _checks(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
