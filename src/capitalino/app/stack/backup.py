"""Backup and restore: the whole database with its WAL, verified, and what else cannot be made again."""

import hashlib
import json
import shutil
import subprocess
import tarfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from capitalino.app.stack import binaries, moves
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.postgres import VERSION, Postgres
from capitalino.app.stack.settings import StackSettings, child_environment
from capitalino.kit.clock import SYSTEM

ABOUT = "backup.json"
KEPT = ("secrets", "sandbox", "documents")
"""Folders that a backup holds besides the database. NATS and Valkey are filled again from the database."""
REPLACED = ("postgres", "nats", *KEPT)


def backup(settings: StackSettings, to: Path | None) -> str:
    """Copy the running stack into a new folder and verify the copy. Says where it is."""
    folder = Folder(settings.var)
    at = SYSTEM.now()
    target = (to or folder.root / "backups" / at.strftime("%Y%m%dT%H%M%SZ")).absolute()
    postgres = _own_postgres(folder, settings)
    if not folder.is_in_use():
        raise CannotStart("Nothing runs from here: start it first, the database itself makes the copy.")
    if target.exists():
        raise CannotStart(f"{target} exists already: name a new folder.")
    target.mkdir(parents=True, mode=0o700)
    how = [
        "--format=tar",
        "--wal-method=stream",
        "--checkpoint=fast",
        "--manifest-checksums=SHA256",
        "--no-password",
    ]
    where = ["--host=127.0.0.1", f"--port={postgres.port}", "--username=postgres"]
    program = binaries.postgres("pg_basebackup")
    _run([program, "--pgdata", str(target / "postgres"), *how, *where], password=folder.password("postgres"))
    _verify(target, {})
    digests = {}
    for name in KEPT:
        if (folder.root / name).is_dir():
            path = target / f"{name}.tar"
            with tarfile.open(path, "w") as archive:
                archive.add(folder.root / name, arcname=name)
            path.chmod(0o600)
            digests[path.name] = _digest(path)
    about: dict[str, Any] = {"at": at.isoformat(), "capitalino": version("capitalino"), "postgres": VERSION}
    about |= {"sha256": digests}
    (target / ABOUT).write_text(json.dumps(about, indent=1))
    return f"Backed up and verified: {target}"


def restore(settings: StackSettings, source: Path) -> str:
    """Verify a backup and put it in the place of the data, which is put aside. Says where.

    All is unpacked beside first; then the folders change places, all of them or none.
    """
    folder = Folder(settings.var)
    about = _about(source)
    if about.get("postgres") != VERSION:
        raise CannotStart(f"The backup is of PostgreSQL {about.get('postgres')}, this is {VERSION}.")
    folder.open()  # holds the lock: refuses while the stack runs, and keeps it from starting meanwhile
    at = f"{SYSTEM.now():%Y%m%dT%H%M%SZ}"
    fresh, aside = folder.root / f"fresh-{at}", folder.root / f"replaced-{at}"
    try:
        moves.undo(folder)
        for left in folder.root.glob("fresh-*"):  # of one that was killed
            shutil.rmtree(left)
        postgres = _own_postgres(folder, settings)
        _verify(source, about.get("sha256", {}))
        _unpack(source, fresh, postgres)
        aside.mkdir(mode=0o700)
        present = [name for name in REPLACED if (folder.root / name).exists()]
        out = [(folder.root / name, aside / name) for name in present]
        moves.make(folder, out + [(path, folder.root / path.name) for path in sorted(fresh.iterdir())])
    except (OSError, tarfile.TarError) as error:
        with suppress(OSError):
            aside.rmdir()
        raise CannotStart(f"The backup could not be restored ({error}): all is as it was.") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        folder.close()
    return f"Restored the state of {about['at']}. What was there is in {aside}; delete it when all is well."


def _unpack(source: Path, to: Path, postgres: Postgres) -> None:
    to.mkdir(mode=0o700)
    for name in KEPT:
        if (source / f"{name}.tar").exists():
            _extract(source / f"{name}.tar", to)
    (to / "secrets").mkdir(mode=0o700, exist_ok=True)
    (to / "secrets").chmod(0o700)
    who, data = postgres.runner(), to / "postgres" / postgres.data.name
    who.own(data.parent)
    for place, archive_name in ((data, "base.tar"), (data / "pg_wal", "pg_wal.tar")):
        place.mkdir(mode=0o700, exist_ok=True)
        _extract(source / "postgres" / archive_name, place)
    who.own(data)
    if who.name is not None:
        for path in data.rglob("*"):
            shutil.chown(path, who.name)


def _extract(path: Path, to: Path) -> None:
    """Unpack files and folders only, and nothing outside of `to`."""
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            inside = (to / member.name).resolve().is_relative_to(to.resolve())
            if not inside or not (member.isfile() or member.isdir()):
                raise CannotStart(
                    f"{path} holds {member.name!r}, which no backup of ours would: it is not used."
                )
        if hasattr(tarfile, "data_filter"):  # not yet in Python 3.11.0 to 3.11.3
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(to)  # noqa: S202  # looked through above


def _about(source: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((source / ABOUT).read_text())
    except (OSError, ValueError):
        raise CannotStart(f"{source} is not a backup: {ABOUT} is missing in it.") from None
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(source: Path, digests: dict[str, str]) -> None:
    """The database against the manifest of its server, other archives against ours: half of one may unpack.

    WAL in an archive is not parsed, only kept.
    """
    for name, wanted in digests.items():
        if _digest(source / name) != wanted:
            raise CannotStart(f"{name} is not what was backed up: all is as it was.")
    _run(
        [
            binaries.postgres("pg_verifybackup"),
            "--format=tar",
            "--no-parse-wal",
            "--quiet",
            str(source / "postgres"),
        ]
    )


def _own_postgres(folder: Folder, settings: StackSettings) -> Postgres:
    if settings.postgres_url is not None:
        raise CannotStart(
            "PostgreSQL runs elsewhere (CAPITALINO_POSTGRES_URL): use that server's own backups."
        )
    return Postgres(folder)


def _run(command: list[str], *, password: str = "") -> None:
    environment = {**child_environment(), "PGPASSWORD": password}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own programs and arguments
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CannotStart(f"{Path(command[0]).name}: {said[-1] if said else 'failed'}")
