"""`capitalino audit …` as an operator runs it, against a database."""

import asyncio
import json
import os
import sys
from pathlib import Path

import asyncpg

from capitalino.kit import audit
from capitalino.kit.db import Schema
from capitalino.services.auth.tables import schema as auth
from capitalino.services.users.tables import schema as users
from tests.support.database import FreshDatabase


async def capitalino(database: FreshDatabase, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `capitalino audit`, told where the database is."""
    told = {
        f"CAPITALINO_{name.upper()}_DATABASE_URL": database.url(f"{name}_app") for name in ("users", "auth")
    }
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "capitalino.app.cli", "audit", *arguments, "--service", "users,auth"),
        *("--var", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **told},
    )
    out, _ = await made.communicate()
    assert made.returncode is not None
    return made.returncode, out.decode()


async def write(database: FreshDatabase, schema: Schema, count: int) -> None:
    db = await database.open(schema)
    async with db.begin() as tx:
        for n in range(count):
            await audit.record(tx, "user:7", f"{schema.name}.person_read", f"investor:{n}", {"why": "asked"})


async def test_logs_are_proved_signed_and_looked_up_and_a_changed_row_is_named(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    await write(fresh_database, users, 3)
    await write(fresh_database, auth, 2)

    code, out = await capitalino(fresh_database, tmp_path, "heads")
    kept = tmp_path / "heads.jsonl"
    kept.write_text(out)
    told = [json.loads(line) for line in out.splitlines()]
    assert (code, [(one["service"], one["seq"]) for one in told]) == (0, [("users", 3), ("auth", 2)])

    code, out = await capitalino(fresh_database, tmp_path, "show", "user:7")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(row["service"], row["subject"]) for row in rows][:3] == [
        ("auth", "investor:1"),
        ("auth", "investor:0"),
        ("users", "investor:2"),
    ]
    assert rows[0]["details"] == {"why": "asked"}

    assert await capitalino(fresh_database, tmp_path, "verify", "--kept", str(kept)) == (
        0,
        (
            "The audit log of users holds: rows 3, signed heads 2.\n"
            "The audit log of auth holds: rows 2, signed heads 2.\n"
        ),
    )

    connection = await asyncpg.connect(fresh_database.url())
    await connection.execute("alter table users.audit disable trigger all")
    await connection.execute("update users.audit set principal = 'user:8' where seq = 2")
    await connection.close()
    assert await capitalino(fresh_database, tmp_path, "verify") == (
        1,
        (
            "The audit log of users is broken. Row 2: it was changed.\n"
            "The audit log of auth holds: rows 2, signed heads 1.\n"
        ),
    )
