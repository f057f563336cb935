"""What PostgreSQL writes down: statements, and never what is passed to them or a password."""

import json
from dataclasses import replace
from pathlib import Path

from capitalino.app.stack.folder import Folder
from capitalino.app.stack.plan import servers_of
from capitalino.app.stack.settings import StackSettings
from capitalino.app.stack.supervisor import Plan, Supervisor
from tests.support.children import Quiet
from tests.support.modules import MODULES


async def test_no_password_and_no_parameter_reaches_its_log(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "var")
    folder.open(disk_min_bytes=1)
    folder.close()
    postgres = servers_of(folder, StackSettings()).postgres
    part = postgres.part(MODULES)
    chatty = ("-clog_min_duration_statement=0", "-clog_statement=all")  # as if every statement were slow
    supervisor = Supervisor(folder, Quiet())
    await supervisor.start(lambda: Plan((replace(part, command=(*part.command, *chatty)),), "", "one"))
    try:
        connection = await postgres.connect()
        await connection.execute("select 'seen'")
        assert await connection.fetchval("select $1::text", "hush@example.org") == "hush@example.org"
        await connection.close()
    finally:
        await supervisor.stop()
    said = (folder.log / "postgres.log").read_text()
    assert "select 'seen'" in said
    assert "select $1::text" in said
    assert "hush" not in said
    passwords = json.loads((folder.secrets / "passwords.json").read_text()).values()
    assert not [password for password in passwords if password in said]
    assert "SCRAM-SHA-256" not in said
