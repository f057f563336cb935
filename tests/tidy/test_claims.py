"""What pages claim is shown by tests that exist: a test that is gone takes its claim away."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = ("docs/failures.yaml", "docs/asvs.yaml")
REQUIREMENTS_LEAST = 120


def claims(page: str) -> list[dict[str, Any]]:
    """All that a page claims."""
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / page).read_text())
    return found


@cache
def shown_by(path: Path) -> frozenset[str]:
    """The tests and the test classes of a file, as pytest names them."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{name}" for name in functions(node)} | {node.name}
    return frozenset(found | functions(ast.parse(path.read_text())))


def functions(node: ast.Module | ast.ClassDef) -> set[str]:
    return {
        one.name
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_claimed_exists(page: str) -> None:
    for claim in claims(page):
        for named in claim.get("tests", ()):
            path, _, name = named.partition("::")
            assert (ROOT / path).is_file(), f"{claim['id']}: {path} is gone"
            assert name in shown_by(ROOT / path), f"{claim['id']}: {named} is gone"


@pytest.mark.parametrize("page", PAGES)
def test_every_claim_has_its_id_and_something_that_shows_it(page: str) -> None:
    ids = [claim["id"] for claim in claims(page)]
    assert sorted(set(ids)) == sorted(ids)
    for claim in claims(page):
        assert claim.get("tests") or claim.get("shown"), f"{claim['id']} stands on nothing"


def test_enough_of_the_standard_is_shown_by_tests() -> None:
    shown = [claim for claim in claims("docs/asvs.yaml") if claim.get("tests")]
    assert len(shown) >= REQUIREMENTS_LEAST
    assert {claim["level"] for claim in shown} == {1, 2, 3}
