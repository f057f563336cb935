"""The demo: two years that could have been, and accounts that are made once."""

import json
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from capitalino.app import demo
from capitalino.app.demo import past
from capitalino.app.demo.visitor import Refused, Visitor, new_code
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from tests.support.keeper import free_port

TODAY = datetime(2026, 3, 20, 12, tzinfo=UTC)
FIRST = past.past_begin(TODAY)


def closes(price: str = "100") -> dict[str, dict[str, Decimal]]:
    days = [f"{FIRST + timedelta(days=n):%Y-%m-%d}" for n in range((TODAY - FIRST).days)]
    return {asset: dict.fromkeys(days, Decimal(price)) for asset in past.BUYS}


def acts(**different: Any) -> list[past.Act]:
    given: dict[str, Any] = {"closes": closes(), "first": FIRST, "today": TODAY} | different
    return list(past._acts("ana", **given))


def test_every_act_has_a_key_of_its_own_and_the_same_one_the_next_day() -> None:
    keys = [act.key for act in acts()]
    assert len(keys) == len(set(keys))
    tomorrow = [act.key for act in acts(today=TODAY + timedelta(days=1))]
    assert tomorrow[: len(keys)] == keys


def test_it_begins_at_the_same_day_for_a_quarter() -> None:
    days = {past.past_begin(TODAY + timedelta(days=n)) for n in range(182)}
    assert 2 <= len(days) <= 3
    assert all(past.DAYS <= (TODAY - day).days <= past.DAYS + 91 for day in [FIRST])


def test_no_more_is_spent_than_was_saved_and_no_more_sold_than_was_bought() -> None:
    had: Counter[str] = Counter()
    for act in acts():
        body = act.body
        if "reference" in body:
            had["EUR"] += int(Decimal(body["amount"]) * 100)
        elif body["from_asset"] == "EUR":
            had["EUR"] -= int(Decimal(body["amount"]) * 100)
            had[body["to_asset"]] += int(Decimal(body["amount"]) / Decimal(body["mid"]) * 10**5)
        else:
            had[body["from_asset"]] -= int(Decimal(body["amount"]) * 10**5)
        assert min(had.values()) >= 0, act


def test_days_without_a_price_are_passed_over() -> None:
    known = closes()
    known["BTC"].clear()
    assert not [act for act in acts(closes=known) if "BTC" in act.key]


class Operator:
    """Takes the history over, as the front door would, and remembers what it was sent."""

    def __init__(self, refusal: str | None = None) -> None:
        self.sent: list[tuple[str, str]] = []
        self.refusal = refusal

    async def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """As `Visitor.send`."""
        if method == "GET":
            day = datetime.now(UTC) - timedelta(days=700)
            return [{"at": f"{day + timedelta(days=n):%Y-%m-%dT00:00:00Z}", "close": "5"} for n in range(699)]
        if self.refusal:
            raise Refused(path, {"code": self.refusal, "message": "No."})
        self.sent.append((path, key or ""))
        return {}


async def take_over(operator: Operator) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    await past.take_over(cast("Visitor", operator), "ana", lambda *at: told.append(at))
    return told


async def test_the_history_is_taken_over_from_the_oldest_on() -> None:
    operator = Operator()
    told = await take_over(operator)
    assert len(operator.sent) == len(told) == told[-1][0] == told[-1][1]
    assert operator.sent[0][0].endswith("/past-deposits")
    assert {path.rsplit("/", 1)[1] for path, _ in operator.sent} == {"past-deposits", "past-conversions"}


async def test_what_was_taken_over_before_stays_and_other_refusals_end_it() -> None:
    assert await take_over(Operator("idempotency_key_reused"))
    with pytest.raises(Refused, match="forbidden"):
        await take_over(Operator("forbidden"))


def test_accounts_are_kept_for_nobody_else_to_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert demo._read(folder) == {}
    made = {"admin": demo.Account("admin", "ada@capitalino.example", "secret", "JBSWY3DP", "i")}
    demo._write(folder, made)
    assert demo._read(folder) == made
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
    (tmp_path / "demo.json").write_text(json.dumps({"other": 1}))
    assert demo._read(folder) == {}


def test_production_has_no_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAPITALINO_MODE", "production")
    with pytest.raises(CannotStart, match="not for production"):
        demo.run(Folder(tmp_path))


def test_without_a_running_stack_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAPITALINO_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(CannotStart, match="`capitalino up` first"):
        demo.run(Folder(tmp_path))


def test_a_code_is_what_an_authenticator_would_show() -> None:
    assert len(new_code("JBSWY3DPEHPK3PXP" * 2)) == 6
