"""The folder of a stack: its lock, its secrets, its ports, its logs."""

import resource
import socket
import stat
from pathlib import Path

import pytest

from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import LOG_MAX_BYTES, LOGS_KEPT, Folder
from capitalino.app.stack.ports import FIRST, LAST, free_port, require_free


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An open folder."""
    opened = Folder(tmp_path / "var")
    opened.open(disk_min_bytes=1)
    return opened


def test_a_second_stack_of_one_folder_is_refused_with_where_the_first_is(folder: Folder) -> None:
    folder.write("state.json", {"pid": 4711, "url": "http://localhost:8000"})
    with pytest.raises(CannotStart, match=r"already running .*4711.*http://localhost:8000.*capitalino down"):
        Folder(folder.root).open()
    folder.close()
    again = Folder(folder.root)
    again.open(disk_min_bytes=1)
    assert again.is_in_use()
    again.close()
    assert not again.is_in_use()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotStart, match="Cannot write to"):
        Folder(tmp_path / "file" / "var").open()


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="MiB are free"):
        Folder(tmp_path).open(disk_min_bytes=1 << 60)


def test_a_password_is_made_once_and_only_its_owner_reads_it(folder: Folder) -> None:
    made = folder.password("nats:ledger")
    assert Folder(folder.root).password("nats:ledger") == made != folder.password("nats:auth")
    assert stat.S_IMODE((folder.secrets / "passwords.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o700


def test_a_setting_is_a_file_named_in_lower_case(folder: Folder) -> None:
    folder.secret("CAPITALINO_LEDGER_NATS_URL", "nats://here")
    path = folder.secrets / "capitalino_ledger_nats_url"
    assert path.read_text() == "nats://here"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_part_keeps_its_port_until_somebody_else_has_it(folder: Folder) -> None:
    port = folder.port("nats")
    assert FIRST <= port <= LAST
    assert Folder(folder.root).port("nats") == port != folder.port("valkey")
    with socket.create_server(("127.0.0.1", port)):
        assert Folder(folder.root).port("nats") == port
        assert folder.port("nats") != port


def test_a_taken_port_is_refused_with_the_next_one() -> None:
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(CannotStart, match=f"{port} is taken.*PORT={port + 1}"),
    ):
        require_free(port, "127.0.0.1", "PORT")
    require_free(port, "127.0.0.1", "PORT")


def test_a_long_log_is_put_aside(folder: Folder) -> None:
    log = folder.rotated_log("nats")
    log.write_bytes(b"x" * (LOG_MAX_BYTES + 1))
    assert folder.rotated_log("nats") == log
    assert not log.exists()
    assert (folder.log / "nats.log.1").stat().st_size == LOG_MAX_BYTES + 1


def test_a_long_log_is_put_aside_while_it_is_written(folder: Folder) -> None:
    log, long = folder.log / "edge.log", b"x" * (LOG_MAX_BYTES + 1)
    with log.open("ab", buffering=0) as writer:
        for turn in range(LOGS_KEPT + 2):
            writer.write(long + str(turn).encode())
            folder.rotate_logs()
            assert log.stat().st_size == 0
        writer.write(b"goes on\n")
        folder.rotate_logs()
    assert log.read_bytes() == b"goes on\n"
    kept = sorted(folder.log.glob("edge.log.*"))
    assert [path.name for path in kept] == [f"edge.log.{n}" for n in range(1, LOGS_KEPT + 1)]
    assert [path.read_bytes()[-1:] for path in kept] == [b"4", b"3", b"2"], "the newest first"


def test_a_long_log_that_cannot_be_kept_makes_room(folder: Folder) -> None:
    log = folder.log / "edge.log"
    log.write_bytes(b"x" * (LOG_MAX_BYTES + 1))
    _, hard = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))  # as a full disk: writing fails half way
    try:
        folder.rotate_logs()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [(path.name, path.stat().st_size) for path in folder.log.iterdir()] == [("edge.log", 0)]
