"""Makes a new service from the template: it works as it is, and is then changed into what it is to be."""

import keyword
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).resolve().parent / "template_service"
NAME = "example"
CATALOG = "src/capitalino/app/catalog.py"
LAST = '"gateway"'
"""The gateway stays the last one of the catalogue: it looks at all others."""
PLACES = {
    "service": "src/capitalino/services/{name}",
    "contracts": "src/capitalino/contracts/{name}",
    "samples": "docs/events/samples",
    "unit": "tests/unit/{name}",
    "integration": "tests/integration/{name}",
}
RENAMED = {"create_note.py": "0001_create_note.py"}
"""A module's name may not begin with a digit, a migration's has to."""
NEXT = """{name} is there and works. Next:
  make generated        # import contracts, the table of services, the API's document
  make unit t=tests/integration/{name}
  make up               # its schema is made at the start: GET /api/v1/{name}/notes
Then change it into what it is to be:
  src/capitalino/contracts/{name}     what others may ask and hear (add api.py, if they may ask)
  src/capitalino/services/{name}      module.py says what it asks, hears and tells
  make migration s={name} m="..."     after each change of tables.py
It comes before the gateway in src/capitalino/app/catalog.py: move it behind what it asks."""


def main(arguments: list[str]) -> None:
    """One argument: its name."""
    if len(arguments) != 1 or not re.fullmatch(r"[a-z]{2,30}", arguments[0]):
        sys.exit("usage: make service n=loans   (one word of small letters)")
    (name,) = arguments
    if keyword.iskeyword(name) or name == NAME:
        sys.exit(f"service: {name} is no good name for a service.")
    catalog = ROOT / CATALOG
    places = {source: ROOT / place.format(name=name) for source, place in PLACES.items()}
    if any(place.exists() for source, place in places.items() if source != "samples"):
        sys.exit(f"service: there is something called {name} already.")
    for source, place in places.items():
        copy(TEMPLATE / source, place, name)
    catalog.write_text(catalog.read_text().replace(LAST, f'"{name}", {LAST}', 1))
    sys.stdout.write(NEXT.format(name=name) + "\n")


def copy(source: Path, place: Path, name: str) -> None:
    """A folder of the template, with the name in all places."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            where = place / path.relative_to(source).parent / RENAMED.get(path.name, path.name)
            where = where.with_name(where.name.replace(NAME, name))
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_text(named(path.read_text(), name))


def named(text: str, name: str) -> str:
    """The template's name becomes the service's, in each of its spellings."""
    for spelled in (str.lower, str.capitalize, str.upper):
        text = text.replace(spelled(NAME), spelled(name))
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
