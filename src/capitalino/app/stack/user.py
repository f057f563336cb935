"""PostgreSQL refuses to run as root: then it runs as another user, with just enough rights for its files."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from capitalino.app.stack.errors import CannotStart

OWN = "capitalino"
CANDIDATES = (OWN, "postgres", "nobody")
READ_ANYWHERE, WRITE_ANYWHERE = "dac_read_search", "dac_override"
CAP_BIT = {WRITE_ANYWHERE: 1, READ_ANYWHERE: 2}


@dataclass(frozen=True, slots=True)
class Runner:
    """In whose name PostgreSQL's programs run. Without a name: in ours."""

    name: str | None = None
    right: str | None = None

    def command(self, *command: str, dies_by: str = "keep") -> tuple[str, ...]:
        """The command, in that name; ends when we do."""
        if self.name is None:
            return command
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise CannotStart(
                "PostgreSQL does not run as root, and setpriv (util-linux) is missing: use an ordinary user."
            )
        only = f"-all,+{self.right}" if self.right else "-all"
        rights = [f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}", "--no-new-privs"]
        # access(2) knows nothing of such rights unless this bit is set, and PostgreSQL finds itself with it.
        bits = ["--securebits", "+no_setuid_fixup"] if self.right else []
        user = pwd.getpwnam(self.name)
        who = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *bits, *rights]
        return (setpriv, *who, f"--pdeathsig={dies_by}", "--", *command)

    def own(self, folder: Path) -> None:
        """Make a folder that only PostgreSQL enters."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(stat.S_IRWXU)
        if self.name is not None:
            user = pwd.getpwnam(self.name)
            os.chown(folder, user.pw_uid, user.pw_gid)


def runner(*reached: Path) -> Runner:
    """Ourselves; as root, another user, with a right to pass closed folders only if one is in the way."""
    if os.geteuid() != 0:
        return Runner()
    name = _user()
    closed = any(_is_closed(path, pwd.getpwnam(name)) for path in reached)
    return Runner(name, _right() if closed else None)


def _user() -> str:
    for name in CANDIDATES:
        if _exists(name):
            return name
        if name == OWN and _add(name):
            return name
    raise CannotStart(
        "PostgreSQL does not run as root, and no other user was found: start as an ordinary user."
    )


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _add(name: str) -> bool:
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        added = subprocess.run(command, check=False, capture_output=True)  # noqa: S603  # fixed arguments
    except OSError:
        return False
    return added.returncode == 0 and _exists(name)


def _is_closed(path: Path, user: pwd.struct_passwd) -> bool:
    """Some folder above `path` does not let the user through."""
    for folder in path.absolute().parents:
        if not folder.exists():
            continue
        about = folder.stat()
        own = about.st_uid == user.pw_uid and about.st_mode & stat.S_IXUSR
        group = about.st_gid == user.pw_gid and about.st_mode & stat.S_IXGRP
        if not (own or group or about.st_mode & stat.S_IXOTH):
            return True
    return False


def _right() -> str:
    """The smallest right that passes closed folders and that we hold: containers have only the larger."""
    held = 0
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            held = int(line.split()[1], 16)
    for right in (READ_ANYWHERE, WRITE_ANYWHERE):
        if held >> CAP_BIT[right] & 1:
            return right
    raise CannotStart(
        "PostgreSQL's user cannot reach the data folder: move the checkout out of a closed folder."
    )
