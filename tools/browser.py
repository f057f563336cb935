"""Finds a Chromium for the browser tests, or installs Debian's when that is possible."""

import os
import shutil
import subprocess
import sys

KNOWN = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")


def find() -> str | None:
    """The program named by CHROMIUM, or one of this machine."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((found for found in map(shutil.which, KNOWN) if found), None)


def main() -> None:
    """Say where it is; install it as root; else say how."""
    found = find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write("Installing Chromium for the browser tests ...\n")
        sys.stdout.flush()
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], check=False, env=quiet
        )
        found = find()
    if found is None:
        sys.exit(f"browser: none found: `apt install {' '.join(PACKAGES)}`, or name one with CHROMIUM=/path.")


if __name__ == "__main__":
    main()
