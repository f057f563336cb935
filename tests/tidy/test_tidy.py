"""The style guide, as far as a machine can hold it. Every failure says which rule and where."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "capitalino"
FILES = sorted(path for path in SRC.rglob("*.py") if "migrations" not in path.parts)
SERVICES = sorted(
    path for path in (SRC / "services").iterdir() if path.is_dir() and not path.name.startswith("_")
)

FUNCTION_LINES_MAX = 50
PUBLIC_METHODS_MAX = 12
FILE_LINES_MAX = 400
ROLE_LINES_MAX = {
    "__init__": 15,
    "domain": 300,
    "tables": 200,
    "store": 300,
    "errors": 100,
    "service": 300,
    "routes": 300,
    "consumers": 150,
    "settings": 60,
    "live": 250,
    "module": 60,
}
KIT_LINES_MAX = 150
KIT_FILES_MAX = 45
SERVICE_FILES = {*ROLE_LINES_MAX, "adapters", "migrations", "sql"}
OWN_FILES = {"gateway": {"docs", "nginx", "nginx.conf"}}  # the edge is made of these

BANNED = {
    r"(?<!\.)\bprint\(": "log instead of print",
    r"\.commit\(": "kit.db commits",
    r"\bcreate_task\(": "hand a Loop to the supervisor, or use kit.tasks",
    r"\bfloat\(": "money and rates are int and Decimal",
    r"\butcnow\(|\bdate\.today\(|datetime\.now\(": "time comes from kit.clock",
    r"except( Exception| BaseException)?:": "catch what you can handle",
    r"\bHTTPException\(": "raise an AppError",
    r"\bos\.environ\b": "settings read the environment",
    r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))": "a TODO names its issue: TODO(#12)",
}
# Who may do what is banned, and why.
ALLOWED = {
    r"(?<!\.)\bprint\(": {},
    r"\.commit\(": {},
    r"\bcreate_task\(": {
        "app/": "processes and stacks supervise their tasks",
        "kit/": "loops, peers and tasks are made of them",
        "sandbox/": "a program of its own",
        "services/notifications/live": "one task writes to each socket",
        "services/ledger/store": "the committer's batches",
        "venues/": "the watcher of a feed",
    },
    r"\bfloat\(": {
        "sandbox/": "the outside world's own numbers",
        "app/": "seconds and sizes",
        "kit/": "seconds",
    },
    r"\butcnow\(|\bdate\.today\(|datetime\.now\(": {
        "kit/clock.py": "this is the clock",
        "sandbox/": "the outside world has its own clock",
        "app/": "tools for people at a terminal",
    },
    r"except( Exception| BaseException)?:": {
        "kit/": "loops, feeds and tasks outlive any error, and log it",
        "app/": "a supervisor outlives its parts",
        "sandbox/": "a program of its own",
    },
    r"\bHTTPException\(": {},
    r"\bos\.environ\b": {"kit/settings.py": "the one place", "app/": "the environment of child processes"},
    r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))": {},
}
# One word for one thing (docs/glossary.md): these are said otherwise.
SYNONYMS = {
    "wallet": "account",
    "journal": "entry",
    "current_user": "principal",
    "customer": "investor",
    "helper": "say what it does",
    "helpers": "say what it does",
    "utils": "say what it does",
    "util": "say what it does",
    "manager": "say what it does",
    "processor": "say what it does",
    "repository": "store",
    "repo": "store",
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def where(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def named(node: ast.AST) -> str | None:
    """The name that a definition, a parameter or an assignment gives."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    return None


def role(path: Path) -> str | None:
    """What a file of a service is: its name, or that of the package that it was split into."""
    parts = path.relative_to(SRC).parts
    if parts[0] != "services" or len(parts) < 3:
        return None
    return parts[2].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=where)
def test_the_first_line_says_what_the_file_is_for(path: Path) -> None:
    assert ast.get_docstring(tree(path)), where(path)


@pytest.mark.parametrize("path", FILES, ids=where)
def test_nothing_is_longer_than_a_reader_can_hold(path: Path) -> None:
    lines = path.read_text().count("\n")
    most = (
        KIT_LINES_MAX
        if where(path).startswith("kit/")
        else ROLE_LINES_MAX.get(role(path) or "", FILE_LINES_MAX)
    )
    assert lines <= most, f"{where(path)} has {lines} lines, {most} at most: split it by use case"
    for function in functions(tree(path)):
        if function.name != "routes":
            assert length(function) <= FUNCTION_LINES_MAX, (
                f"{where(path)}: {function.name} has {length(function)} lines"
            )
    for cls in (node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)):
        public = [
            f for f in cls.body if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) and f.name[0] != "_"
        ]
        assert len(public) <= PUBLIC_METHODS_MAX, f"{where(path)}: {cls.name} does too much"


@pytest.mark.parametrize("path", FILES, ids=where)
def test_what_is_banned_is_not_written(path: Path) -> None:
    for pattern, why in BANNED.items():
        if any(where(path).startswith(start) for start in ALLOWED[pattern]):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not re.search(pattern, line), f"{where(path)}:{number}: {why}"


@pytest.mark.parametrize("path", FILES, ids=where)
def test_things_have_one_name(path: Path) -> None:
    for node in ast.walk(tree(path)):
        name = named(node)
        if name is not None:
            for word in re.findall(r"[a-z]+", re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()):
                assert word not in SYNONYMS, f"{where(path)}: {name}: {SYNONYMS.get(word)}"


@pytest.mark.parametrize("path", [path for path in FILES if role(path) == "routes"], ids=where)
def test_an_endpoint_reads_calls_and_wraps(path: Path) -> None:
    for factory in (function for function in functions(tree(path)) if function.name == "routes"):
        for endpoint in (node for node in factory.body if isinstance(node, ast.AsyncFunctionDef)):
            assert length(endpoint) <= 14, (
                f"{where(path)}: {endpoint.name} does more than read, call and wrap"
            )
            assert ast.get_docstring(endpoint), f"{where(path)}: {endpoint.name} does not say what it is for"


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_has_the_common_shape(service: Path) -> None:
    names = {path.stem for path in service.iterdir() if not path.name.startswith("__pycache__")}
    assert names <= SERVICE_FILES | OWN_FILES.get(service.name, set()), (
        f"{service.name}: unknown files {names - SERVICE_FILES}"
    )
    assert {"__init__", "module"} <= names


def test_error_codes_name_their_service_and_are_unique() -> None:
    seen: dict[str, str] = {}
    for service in SERVICES:
        for path in service.rglob("errors.py"):
            for code in re.findall(r'^    code = "([^"]+)"', path.read_text(), re.MULTILINE):
                assert code.startswith(f"{service.name}."), f"{where(path)}: {code}"
                assert code not in seen, f"{code} is in {where(path)} and {seen.get(code)}"
                seen[code] = where(path)
    assert seen


def test_event_subjects_name_their_service_and_version() -> None:
    found = 0
    for path in (SRC / "contracts").rglob("events.py"):
        for subject in re.findall(r'subject: ClassVar\[str\] = "([^"]+)"', path.read_text()):
            assert re.fullmatch(rf"{path.parent.name}\.[a-z]+(_[a-z]+)*\.v\d+", subject), subject
            found += 1
    assert found


def test_the_kit_stays_a_toolbox() -> None:
    assert len(list((SRC / "kit").glob("*.py"))) <= KIT_FILES_MAX


def test_migrations_are_numbered_and_named() -> None:
    for path in SRC.rglob("migrations/*.py"):
        if path.name != "__init__.py":
            assert re.fullmatch(r"\d{4}_[a-z0-9_]+", path.stem), where(path)


def test_no_test_replaces_code_behind_its_back() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        if path != Path(__file__):
            assert not re.search(r"mock\.patch|monkeypatch\.setattr|MagicMock", path.read_text()), path
