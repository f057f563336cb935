"""`capitalino up` as a person meets it: starting, what it refuses, what it survives, stopping."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from capitalino.app.stack.ports import free_port
from tests.support.stack import Stack, runs, until, web

SERVICES = {"ledger", "market", "users", "auth", "payments", "notifications", "analytics", "gateway"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running platform in one process."""
    started = Stack.start(tmp_path_factory.mktemp("up"))
    yield started
    started.stop()


def capitalino(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end."""
    command = [sys.executable, "-m", "capitalino.app.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )


def refused(*arguments: str, **environment: str) -> str:
    """The one sentence that `up` refuses with."""
    done = capitalino("up", *arguments, **environment)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("capitalino: ")
    return line


class TestStarting:
    """What it shows, and what it refuses."""

    def test_it_says_what_is_up_where_to_go_and_what_to_try(self, stack: Stack) -> None:
        for title in ("PostgreSQL", "NATS", "Valkey", "Sandbox", "Migrations", "All services", "nginx"):
            assert f"✓ {title}" in stack.said
        assert "Capitalino is ready after" in stack.said
        for advice in (
            stack.url,
            "/sandbox/mail",
            "/api/docs",
            "capitalino status",
            "capitalino demo",
            "Ctrl-C",
        ):
            assert advice in stack.said
        own = Path(sys.executable).with_name("capitalino").relative_to(Path.cwd())
        assert f"{own} status" in stack.said, "as it is to be typed"

    def test_everything_answers_through_the_edge(self, stack: Stack) -> None:
        with httpx.Client(base_url=stack.url, trust_env=False) as client:
            until(stack.is_ready)  # a machine with no time left is not ready for a moment, and says so
            assert client.get("/").headers["content-type"].startswith("text/html")
            assert "/api/v1/conversions" in client.get("/api/openapi.json").json()["paths"]
            assert client.get("/api/v1/balances").json()["error"]["code"] == "unauthenticated"
            assert client.get("/sandbox/mail").status_code == 200

    def test_the_same_is_met_over_tls_by_who_trusts_the_authority(self, stack: Stack) -> None:
        assert stack.tls_url in stack.said
        with httpx.Client(base_url=stack.tls_url, trust_env=False, verify=stack.trust) as client:
            assert client.get("/").headers["content-type"].startswith("text/html")
            assert "strict-transport-security" not in client.get("/").headers, "localhost has other ports"
            origin = {"Origin": stack.tls_url}
            body = {"email": "nobody@example.com", "password": "not the right one"}
            answer = client.post("/api/v1/sessions", json=body, headers=origin)
            assert answer.json()["error"]["code"] == "auth.sign_in_refused"
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(stack.tls_url, trust_env=False)

    def test_a_second_start_of_one_folder_is_refused(self, stack: Stack) -> None:
        line = refused("--var", str(stack.var), "--port", "0", "--web", str(web(stack.folder)))
        assert f"already running from {stack.var} (process {stack.process.pid}) at {stack.url}" in line

    def test_a_taken_port_is_refused(self, tmp_path: Path) -> None:
        port = free_port()
        with socket.create_server(("127.0.0.1", port)):
            line = refused("--var", str(tmp_path / "var"), "--web", str(web(tmp_path)), PORT=str(port))
        assert f"Port {port} is taken" in line

    def test_a_folder_that_cannot_be_written_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "Cannot write to" in refused("--var", str(tmp_path / "file" / "var"))

    def test_a_web_app_that_is_not_built_is_refused(self, tmp_path: Path) -> None:
        assert "run `make web`" in refused("--var", str(tmp_path / "var"), "--web", str(tmp_path / "nothing"))

    def test_inner_parts_listen_on_this_machine_only(self, stack: Stack) -> None:
        listening = [
            connection
            for process in stack.processes()
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert len(listening) >= 7
        assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}


class TestNaming:
    """What is not there is said in one sentence."""

    @pytest.mark.parametrize("command", [("serve", "nosuch"), ("migrate", "nosuch")])
    def test_an_unknown_service_is_refused_with_those_that_there_are(
        self, command: tuple[str, ...], tmp_path: Path
    ) -> None:
        more = ("--var", str(tmp_path)) if command[0] == "migrate" else ()
        done = capitalino(*command, *more)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("capitalino: unknown service: nosuch; there are: ledger, market")

    def test_a_process_that_is_not_ready_to_serve_says_why(self, stack: Stack) -> None:
        with_owner = {
            "CAPITALINO_USERS_DATABASE_URL": stack.postgres_url().replace("/capitalino", "/postgres")
        }
        done = capitalino("serve", "users", "--port", "0", **with_owner)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(
            "capitalino: The schema users is at None, this code wants"
        )
        assert "Traceback" not in done.stderr


class TestLooking:
    """Commands for the running stack."""

    def test_doctor_tells_version_health_and_address_of_every_component(self, stack: Stack) -> None:
        done = capitalino("doctor", "--json", "--var", str(stack.var))
        found: dict[str, Any] = json.loads(done.stdout)
        assert (done.returncode, found["is_healthy"]) == (0, True)
        components = {one["name"]: one for one in found["components"]}
        assert set(components) == {"postgres", "nats", "valkey", "edge", "sandbox", "services"}
        for component in components.values():
            assert component["health"] == "ok"
            assert component["version"]
            assert ":" in component["address"]
        assert components["postgres"]["version"].startswith("18.")

    def test_doctor_tells_when_nothing_runs(self, tmp_path: Path) -> None:
        done = capitalino("doctor", "--json", "--var", str(tmp_path))
        assert done.returncode == 1
        assert {one["health"] for one in json.loads(done.stdout)["components"]} == {"stopped"}

    def test_status_lists_the_parts(self, stack: Stack, tmp_path: Path) -> None:
        done = capitalino("status", "--json", "--var", str(stack.var))
        parts = {part["part"]: part for part in json.loads(done.stdout)["parts"]}
        assert done.returncode == 0
        assert {part["state"] for part in parts.values()} == {"up"}
        assert parts["postgres"]["pid"] == stack.pid("postgres")
        assert capitalino("status", "--var", str(tmp_path)).returncode == 3

    def test_logs_of_one_part_and_of_all(self, stack: Stack) -> None:
        assert "ready to accept connections" in capitalino("logs", "postgres", "--var", str(stack.var)).stdout
        assert "nats " in capitalino("logs", "-n", "2", "--var", str(stack.var)).stdout
        wrong = capitalino("logs", "nothing", "--var", str(stack.var))
        assert (wrong.returncode, "there are: " in wrong.stderr) == (1, True)

    def test_migrations_say_where_they_are(self, stack: Stack) -> None:
        done = capitalino("migrate", "--check", "--var", str(stack.var))
        assert done.returncode == 0, done.stderr
        assert "ledger: as the tables say" in done.stdout

    def test_secrets_are_readable_by_their_owner_only(self, stack: Stack) -> None:
        secrets = stack.var / "secrets"
        assert secrets.stat().st_mode & 0o077 == 0
        assert not [path for path in secrets.iterdir() if path.stat().st_mode & 0o077]
        for name in SERVICES:
            assert (secrets / f"capitalino_{name}_nats_url").is_file()

    def test_no_password_is_seen_by_other_users(self, stack: Stack) -> None:
        passwords = json.loads((stack.var / "secrets" / "passwords.json").read_text())
        lines = [" ".join(process.cmdline()) for process in stack.processes() if runs(process.pid)]
        assert not [line for line in lines for password in passwords.values() if password in line]


class TestBreaking:
    """What dies is started again."""

    @pytest.mark.parametrize("part", ["valkey", "nats", "services", "edge", "sandbox", "postgres"])
    def test_a_killed_part_is_started_again_and_all_is_well(self, stack: Stack, part: str) -> None:
        address = stack.address(part)
        pid = stack.kill(part)
        stack.wait_restarted(part, pid)
        until(stack.is_ready, 60)
        assert stack.address(part) == address

    def test_a_dead_service_is_a_503_in_the_envelope(self, stack: Stack) -> None:
        with stack.down("services"):
            until(lambda: httpx.get(f"{stack.url}/api/v1/balances", trust_env=False).status_code == 503)
            answer = httpx.get(f"{stack.url}/api/v1/balances", trust_env=False)
            assert answer.json()["error"]["code"] == "service_unavailable"
            assert "retry-after" in answer.headers
            assert httpx.get(f"{stack.url}/", trust_env=False).status_code == 200
        until(stack.is_ready, 60)


def left(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run. Who has lost its parent is put away by the machine, in its own time."""
    _, alive = psutil.wait_procs(processes, timeout=1)
    return [process for process in alive if runs(process.pid)]


class TestStopping:
    """Nothing stays behind, and the next start finds its data."""

    def test_it_stops_and_starts_again_with_its_data(self, tmp_path: Path) -> None:
        stack = Stack.start(tmp_path)
        address, processes = stack.address("postgres"), stack.processes()
        pid_file = stack.var / "postgres" / "data" / "postmaster.pid"
        pids = pid_file.read_text().splitlines()
        assert stack.stop(signal.SIGINT) == 0
        assert not left(processes)
        # A pid file from before a crash, whose number is somebody else's now, is no obstacle.
        pid_file.write_text("\n".join([str(os.getpid()), *pids[1:]]))
        shutil.chown(pid_file, pid_file.parent.owner())
        again = Stack.start(tmp_path)
        assert again.address("postgres") == address
        assert capitalino("down", "--var", str(again.var)).stdout == "Stopped.\n"
        assert again.process.wait(5) == 0

    def test_a_killed_supervisor_stops_no_next_start_and_what_hangs_no_end(self, tmp_path: Path) -> None:
        stack = Stack.start(tmp_path)
        processes = stack.processes()
        stack.stop(signal.SIGKILL)
        again = Stack.start(tmp_path)
        assert not [process for process in processes if runs(process.pid)]
        processes = again.processes()
        for part in ("edge", "services", "nats", "postgres"):
            os.kill(again.pid(part), signal.SIGSTOP)  # it hangs, and hears nothing
        assert again.stop(signal.SIGINT) == 0
        assert not left(processes)

    def test_stopping_while_it_starts_leaves_nothing(self, tmp_path: Path) -> None:
        stack = Stack.begin(tmp_path)
        until(lambda: "PostgreSQL" in stack.said)
        processes = stack.processes()
        assert processes
        assert stack.stop(signal.SIGINT) == 130
        assert not left(processes)

    def test_reset_forgets_all_but_refuses_while_it_runs(self, stack: Stack, tmp_path: Path) -> None:
        running = capitalino("reset", "--yes", "--var", str(stack.var))
        assert (running.returncode, "stop it first" in running.stderr) == (1, True)
        (tmp_path / "secrets").mkdir()
        assert capitalino("reset", "--yes", "--var", str(tmp_path)).returncode == 0
        assert not (tmp_path / "secrets").exists()


def test_a_backup_brings_back_what_was_unless_it_is_damaged(tmp_path: Path) -> None:
    stack, copy = Stack.start(tmp_path), tmp_path / "copy"
    passwords = (stack.var / "secrets" / "passwords.json").read_text()
    done = capitalino("backup", str(copy), "--var", str(stack.var))
    assert done.returncode == 0, done.stderr
    running = capitalino("restore", str(copy), "--yes", "--var", str(stack.var))
    assert (running.returncode, "already running" in running.stderr) == (1, True)
    stack.stop()

    damaged = shutil.copytree(copy, tmp_path / "damaged") / "postgres" / "base.tar"
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    done = capitalino("restore", str(tmp_path / "damaged"), "--yes", "--var", str(stack.var))
    assert (done.returncode, "pg_verifybackup" in done.stderr) == (1, True)
    assert (stack.var / "postgres").is_dir()

    torn = shutil.copytree(copy, tmp_path / "torn") / "secrets.tar"
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])  # not part of what PostgreSQL verifies
    before = sorted(path.name for path in stack.var.iterdir())
    done = capitalino("restore", str(tmp_path / "torn"), "--yes", "--var", str(stack.var))
    assert (done.returncode, "all is as it was" in done.stderr) == (1, True), done.stderr
    assert sorted(path.name for path in stack.var.iterdir()) == before
    assert (stack.var / "secrets" / "passwords.json").read_text() == passwords

    assert capitalino("reset", "--yes", "--var", str(stack.var)).returncode == 0
    done = capitalino("restore", str(copy), "--yes", "--var", str(stack.var))
    assert done.returncode == 0, done.stderr
    assert (stack.var / "secrets" / "passwords.json").read_text() == passwords
    assert Stack.start(tmp_path).stop() == 0
