"""The documentation is true, as far as a machine can tell: links, names, headings, snippets."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from typer.main import get_command

from capitalino.app.catalog import NAMES
from capitalino.app.cli import app
from tests.tidy.test_tidy import SYNONYMS

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", ".github/**/*.md", "docs/**/*.md", "src/**/*.md", "tests/data/**/*.md")
    for path in ROOT.glob(pattern)
)
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))

README_LINES_MAX = 60
ADR_LINES_MAX = 60
ARCHITECTURE_LINES_MAX = 200
RUNBOOK_HEADINGS = ["Symptom", "Check", "Act", "Undo", "Whom to tell"]
ADR_HEADINGS = [{"Context"}, {"Decision"}, {"Consequences", "Figures"}, {"Alternatives"}, {"Enforced by"}]

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
# A path of this repository: it begins in one of its folders, and has no place-holder in it.
OURS = re.compile(r"(?:src|docs|tests|tools|web|benchmarks|\.github|\.ci)/[\w./-]+\Z")
INSIDE = re.compile(r"(?:kit|app|contracts|services|venues|sandbox)/[\w./-]+\Z")
COMMAND = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?capitalino ([a-z]+)(?: ([a-z][a-z-]*[a-z]))?")
TARGET = re.compile(r"(?<![\w-])make ((?:[a-z]\w*=\S+ )*)([a-z][a-z-]+)")
SETTING = re.compile(r"\bCAPITALINO_[A-Z_]+[A-Z]\b")
STACK_SETTINGS = {"CAPITALINO_SECRETS_DIR", "CAPITALINO_ENV_FILE", "CAPITALINO_PROFILE"}


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(path: Path) -> str:
    """A page without its fenced blocks and comments."""
    return FENCE.sub("", COMMENT.sub("", path.read_text()))


def in_code(path: Path) -> Iterator[str]:
    """What a page writes as code: its fenced blocks, line by line, and what stands between backticks."""
    text = path.read_text()
    for block in FENCE.finditer(text):
        yield from block.group().splitlines()[1:-1]
    yield from CODE.findall(prose(path))


def headings(path: Path, level: int = 2) -> list[str]:
    return [text for marks, text in HEADING.findall(prose(path)) if len(marks) == level]


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = (text for _, text in HEADING.findall(prose(path)))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in found}


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.is_relative_to(ROOT), f"{where(page)}: {target} leads out of the repository"
        assert found.exists(), f"{where(page)}: {target} does not exist"
        if anchor and found.suffix == ".md":
            assert anchor in anchors(found), f"{where(page)}: {target} has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_path_that_is_named_exists(page: Path) -> None:
    for code in CODE.findall(prose(page)):
        name = code.removesuffix("/")
        if OURS.match(name):
            assert (ROOT / name).exists(), f"{where(page)}: there is no {name}"
        elif INSIDE.match(name):
            base = ROOT / "src" / "capitalino" / name
            assert any(base.parent.glob(f"{base.name}*")), f"{where(page)}: there is no {name}"


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_command_that_is_named_exists(page: Path) -> None:
    commands = getattr(get_command(app), "commands", {})
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for code in in_code(page):
        for name, inner in COMMAND.findall(code):
            assert name in commands, f"{where(page)}: `capitalino {name}`: there are {sorted(commands)}"
            known = getattr(commands[name], "commands", None)
            if known is not None and inner:
                assert inner in known, (
                    f"{where(page)}: `capitalino {name} {inner}`: there are {sorted(known)}"
                )
            if name == "serve" and inner:
                assert inner in {*NAMES, "all"}, f"{where(page)}: there is no service {inner}"
        for _, name in TARGET.findall(code):
            assert name in targets, f"{where(page)}: `make {name}`: there are {sorted(targets)}"


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = set(SETTING.findall((ROOT / ".env.example").read_text()))
    for cls in ("src/capitalino/app/stack/settings.py", "src/capitalino/kit/settings.py"):
        names = re.findall(r"^    (\w+): ", (ROOT / cls).read_text(), re.MULTILINE)
        known |= {f"CAPITALINO_{name.upper()}" for name in names}
        known |= {f"CAPITALINO_{service.upper()}_{name.upper()}" for service in NAMES for name in names}
    for name in SETTING.findall(page.read_text()):
        assert name in known | STACK_SETTINGS, f"{where(page)}: there is no setting {name}"


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_python_in_pages_runs(page: Path) -> None:
    sybil = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], path=str(page.parent), pattern=page.name)
    for example in sybil.parse(page).examples():
        example.evaluate()


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=where)
def test_a_runbook_has_its_five_headings(runbook: Path) -> None:
    assert headings(runbook) == RUNBOOK_HEADINGS


def test_there_are_runbooks() -> None:
    assert len(RUNBOOKS) >= 5


@pytest.mark.parametrize("adr", ADRS, ids=where)
def test_a_decision_record_has_its_sections(adr: Path) -> None:
    text = adr.read_text()
    number = int(adr.name[:4])
    assert text.startswith(f"# {number}. "), f"{where(adr)}: the title begins with its number"
    assert re.search(r"^Status: (proposed|accepted|replaced by)", text, re.MULTILINE), where(adr)
    found = headings(adr)
    for names in ADR_HEADINGS:
        assert names & set(found), f"{where(adr)} lacks {' or '.join(sorted(names))}"
    decision = re.split(r"^## ", text, flags=re.MULTILINE)[1 + found.index("Decision")]
    assert re.search(r"\*\*.+?\*\*", decision, re.DOTALL), f"{where(adr)}: the decision is one bold sentence"
    assert text.count("\n") <= ADR_LINES_MAX, f"{where(adr)}: {ADR_LINES_MAX} lines at most"


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))
    assert len(ADRS) >= 10


def test_the_readme_is_one_screen_and_says_how_to_begin() -> None:
    text = (ROOT / "README.md").read_text()
    assert text.count("\n") <= README_LINES_MAX
    for command in ("git clone", "make up", "make test"):
        assert command in text


def test_the_map_is_short() -> None:
    assert (ROOT / "ARCHITECTURE.md").read_text().count("\n") <= ARCHITECTURE_LINES_MAX


def test_the_glossary_says_what_is_refused_in_names() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text().lower()
    for word in SYNONYMS:
        assert word.replace("_", " ").removesuffix("s") in glossary, word
