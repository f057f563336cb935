"""Drafts the next migration of a service by comparing its tables with the running stack's database."""

import asyncio
import re
import sys
from importlib.resources import files
from pathlib import Path

from capitalino.app.catalog import NAMES, module
from capitalino.app.cli.options import use_stack
from capitalino.kit import migrations
from capitalino.kit.settings import load


def main(arguments: list[str]) -> None:
    """Two arguments: the service, and what it does in a few words."""
    if len(arguments) != 2 or arguments[0] not in NAMES or not re.fullmatch(r"[a-z][a-z0-9 ]+", arguments[1]):
        sys.exit('usage: make migration s=payments m="add refund"')
    name, message = arguments
    use_stack(None)
    service = module(name)
    url = load(service.settings).owner_database_url
    if service.schema is None or url is None:
        sys.exit(f"migration: {name} has no schema here, or the stack was never started (`make up`).")
    folder = Path(str(files(f"capitalino.services.{name}") / "migrations"))
    newest = max((int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]_*.py")), default=0)
    asyncio.run(migrations.draft(url.get_secret_value(), service.schema, f"{newest + 1:04}", message))


if __name__ == "__main__":
    main(sys.argv[1:])
