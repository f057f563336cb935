"""`capitalino admin …` and `capitalino keys …` as an operator runs them, against a database."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from capitalino.services.auth.tables import schema as auth
from capitalino.services.users.tables import schema as users
from tests.support.database import FreshDatabase

ADA, SARA = "ada@example.com", "sara@example.com"


@dataclass
class Keyboard:
    """Where an operator types."""

    told: dict[str, str]
    folder: Path

    async def __call__(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and all that is printed."""
        made = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "capitalino.app.cli", *arguments, "--var", str(self.folder)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self.told},
        )
        out, _ = await made.communicate()
        assert made.returncode is not None
        return made.returncode, out.decode()


@pytest.fixture
async def keyboard(fresh_database: FreshDatabase, tmp_path: Path) -> Keyboard:
    """With a folder of secrets, and the addresses of the databases."""
    for schema in (auth, users):
        await fresh_database.open(schema)
    (tmp_path / "secrets").mkdir(mode=0o700)
    for name in ("auth", "users"):
        (tmp_path / "secrets" / f"capitalino_{name}_keys").write_text(
            "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
        )
    told = {
        f"CAPITALINO_{name.upper()}_DATABASE_URL": fresh_database.url(f"{name}_app")
        for name in ("users", "auth")
    }
    return Keyboard(told, tmp_path)


async def test_the_first_admin_roles_and_locks(keyboard: Keyboard) -> None:
    code, out = await keyboard("admin", "first", ADA)
    assert code == 0, out
    assert f"{ADA} is an admin now." in out
    assert "/reset-password?token=" in out
    code, out = await keyboard("admin", "break-glass", SARA, "--reason", "nobody answers", "--minutes", "5")
    assert code == 0, out
    code, out = await keyboard("admin", "grant", SARA, "auditor")
    assert (code, f"{SARA} is auditor." in out) == (0, True), out
    code, out = await keyboard("admin", "lock", SARA)
    assert code == 0, out
    code, out = await keyboard("admin", "list")
    lines = [line for line in out.splitlines() if "@" in line and "  " in line]
    assert lines[0] == f"{ADA}  admin  active"
    assert lines[1].startswith(f"{SARA}  admin until ")
    assert lines[2] == f"{SARA}  auditor  locked"
    code, out = await keyboard("admin", "withdraw", SARA, "auditor")
    assert (code, f"{SARA} is no longer auditor." in out) == (0, True), out


async def test_what_is_refused_is_said_in_a_sentence(keyboard: Keyboard) -> None:
    code, out = await keyboard("admin", "lock", "nobody@example.com")
    assert code == 1
    assert out.splitlines()[-1] == "capitalino: There is no login of this address."
    code, out = await keyboard("admin", "first", "no address")
    assert (code, out.splitlines()[-1]) == (1, "capitalino: This is no e-mail address.")
    code, out = await keyboard("admin", "first", ADA, "--language", "xx")
    assert (code, "en or fa" in out) == (2, True)


async def test_keys_are_rotated_renewed_and_dropped(keyboard: Keyboard) -> None:
    await keyboard("admin", "first", ADA)
    code, out = await keyboard("keys", "rotate")
    assert (code, "is in the JWKS and signs from" in out) == (0, True), out
    code, out = await keyboard("keys", "rotate", "--now")
    assert (code, " signs. " in out) == (0, True), out

    code, out = await keyboard("keys", "renew")
    assert code == 0, out
    code, out = await keyboard("keys", "drop")
    assert (code, "still seals values" in out) == (1, True), out
    code, out = await keyboard("keys", "status", "--json")
    told = json.loads(out.splitlines()[-1])
    assert [key["state"] for key in told["signing"]].count("signs") == 1
    new, old = told["sealing"]["auth"]
    assert (old, told["sealing"]["auth"][new]) == ("k1", 0)
    assert told["sealing"]["auth"][old] > 0
