"""What follows from the code: written where it is missing, left where it is right, refused if it breaks."""

import json
from pathlib import Path

import pytest

from capitalino.app import generated
from capitalino.app.catalog import chosen, events
from capitalino.app.compatible import Incompatible
from capitalino.app.openapi import openapi
from tests.support.modules import MODULES

PAGE = f"# Map\n\n{generated.BEGIN}\nold\n{generated.END}\n\nrest\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout in which nothing was generated yet."""
    (tmp_path / "ARCHITECTURE.md").write_text(PAGE)
    return tmp_path


def test_it_writes_what_is_missing_and_then_nothing_more(root: Path) -> None:
    missing = generated.write(root, check=True)
    assert {".importlinter", ".env.example", "ARCHITECTURE.md", "web/openapi.json"} < set(missing)
    assert not (root / ".importlinter").exists(), "to check is to change nothing"
    assert generated.write(root, check=False) == missing
    assert generated.write(root, check=True) == []


def test_it_finds_what_is_out_of_date(root: Path) -> None:
    generated.write(root, check=False)
    (root / ".env.example").write_text("old")
    assert generated.write(root, check=True) == [".env.example"]


@pytest.mark.parametrize("check", [True, False])
def test_it_refuses_an_event_that_its_hearers_would_not_understand(root: Path, check: bool) -> None:  # noqa: FBT001
    generated.write(root, check=False)
    path = root / "docs" / "events" / "users.profile_changed.v1.json"
    kept = json.loads(path.read_text())
    kept["properties"]["nickname"] = {"type": "string"}
    path.write_text(json.dumps(kept))
    with pytest.raises(Incompatible, match="nickname: it was removed"):
        generated.write(root, check=check)
    assert json.loads(path.read_text()) == kept


def test_this_checkout_is_up_to_date() -> None:
    assert generated.write(Path(__file__).parents[3], check=True) == [], "run `make generated`"


def test_the_page_around_the_table_stays() -> None:
    once = generated.with_table(PAGE, chosen(["ledger", "payments"]))
    assert once.startswith("# Map\n")
    assert once.endswith("rest\n")
    assert "\nold\n" not in once
    row = next(line for line in once.splitlines() if "**payments**" in line)
    assert "| ledger, market |" in row
    assert generated.with_table(once, chosen(["ledger", "payments"])) == once


def test_who_may_ask_whom_follows_from_the_catalogue() -> None:
    text = generated.importlinter(MODULES)
    contract = text[text.index("[importlinter:contract:who-asks-ledger]") :]
    allowed = contract.split("allowed_importers =\n")[1].split()
    assert allowed == ["capitalino.services.ledger", "capitalino.services.payments"]
    assert text.count("who-asks-") == 1


def test_every_setting_is_in_the_example_with_its_sentence() -> None:
    lines = generated.env_example(chosen(["all"])).splitlines()
    at = lines.index("# CAPITALINO_MODE=development")
    assert lines[at - 1].startswith("# `production` refuses unsafe settings")
    assert "# CAPITALINO_LEDGER_DATABASE_URL=postgresql://127.0.0.1:5432/capitalino" in lines
    assert "# CAPITALINO_LEDGER_REPLICA_URL=" in lines
    assert {"# CAPITALINO_PORT=8000", "# CAPITALINO_POSTGRES_URL=", "# CAPITALINO_VAR=var"} <= set(lines)
    settings = [line for line in lines if line.startswith("# CAPITALINO_")]
    assert len(settings) == len(set(settings)), "each once"
    assert not [line for line in lines if "Undefined" in line or line.endswith("=None")]


def test_the_document_is_the_same_each_time_and_names_what_needs_a_token() -> None:
    document = openapi()
    assert generated.pretty(document) == generated.pretty(openapi())
    assert list(document["paths"]) == sorted(document["paths"])
    assert document["paths"]["/api/v1/me"]["get"]["security"] == [{"access_token": []}]
    assert "security" not in document["paths"]["/api/v1/sessions"]["post"]


def test_events_are_found_by_subject() -> None:
    subjects = [event.subject for event in events()]
    assert subjects == sorted(set(subjects))
    assert "ledger.entry_posted.v1" in subjects
