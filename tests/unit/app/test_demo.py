"""The demo: two years that could have been, and accounts that are made once."""

import json
import stat
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from capitalino.app import demo
from capitalino.app.demo import past
from capitalino.app.demo.kept import DAYS, Account, Kept, Story
from capitalino.app.demo.live import EXCHANGES, live
from capitalino.app.demo.visitor import Refused, Visitor, new_code
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from tests.support.keeper import free_port

TODAY = date(2026, 3, 20)
FIRST = TODAY - timedelta(days=DAYS)
STORY = Story.of(TODAY)


def closes(price: str = "100") -> dict[str, dict[str, Decimal]]:
    days = [f"{FIRST + timedelta(days=n):%Y-%m-%d}" for n in range((TODAY - FIRST).days)]
    return {asset: dict.fromkeys(days, Decimal(price)) for asset in past.BUYS}


def acts(**different: Any) -> list[past.Act]:
    given: dict[str, Any] = {"closes": closes(), "first": FIRST, "until": TODAY} | different
    return list(past._acts("ana", **given))


def test_every_act_has_a_key_of_its_own() -> None:
    keys = [act.key for act in acts()]
    assert len(keys) == len(set(keys))


def test_everything_lies_two_years_back_and_before_the_day_on_which_it_is_told() -> None:
    days = [date.fromisoformat(act.body["at"][:10]) for act in acts()]
    assert (min(days), max(days)) == (FIRST, max(day for day in days if day < TODAY))


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

    def __init__(self, *states: str) -> None:
        self.sent: list[tuple[str, str]] = []
        self.states = list(states)

    async def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """As `Visitor.send`."""
        if method == "GET":
            return [
                {"at": f"{FIRST + timedelta(days=n):%Y-%m-%dT00:00:00Z}", "close": "5"} for n in range(DAYS)
            ]
        self.sent.append((path, key or ""))
        return {"state": self.states.pop(0) if self.states else "settled", "reason": "payments.why"}


async def take_over(operator: Operator, story: Story) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    await past.take_over(cast("Visitor", operator), "ana", story, lambda *at: told.append(at))
    return told


async def test_the_history_is_taken_over_from_the_oldest_on() -> None:
    operator, story = Operator(), replace(STORY)
    told = await take_over(operator, story)
    assert len(operator.sent) == len(told) == told[-1][0] == told[-1][1] == story.acts_done
    assert operator.sent[0][0].endswith("/past-deposits")
    assert {path.rsplit("/", 1)[1] for path, _ in operator.sent} == {"past-deposits", "past-conversions"}


async def test_a_run_on_a_later_day_goes_on_where_an_interrupted_one_was_and_adds_nothing() -> None:
    """What it goes by is what was kept, and not the day of the run."""
    first, story = Operator(*["settled"] * 50, "refused"), replace(STORY)
    with pytest.raises(CannotStart):
        await take_over(first, story)
    again = Operator()
    await take_over(again, story)
    assert [key for _, key in first.sent[:50] + again.sent] == [act.key for act in acts()]
    last = Operator()
    await take_over(last, story)
    assert last.sent == []


async def test_what_is_not_settled_is_asked_for_again_and_what_never_will_be_ends_it() -> None:
    operator = Operator("pending", "unknown", "settled")
    await take_over(operator, replace(STORY, until_on=FIRST + timedelta(days=1)))
    assert len({key for _, key in operator.sent}) == 1
    assert len(operator.sent) == 3
    with pytest.raises(CannotStart, match=r"is refused \(payments.why\)"):
        await take_over(Operator("settled", "refused"), replace(STORY))


class Ana:
    """The investor, at a front door that remembers what she does."""

    def __init__(self) -> None:
        self.coins_sent: list[tuple[str, ...]] = []
        self.quotes = 0
        self.expired: set[str] = set()
        self.exchanged: dict[str, str] = {}
        self.ends = "settled"

    async def send_coins(self, *what: str) -> None:
        """As `Visitor.send_coins`."""
        self.coins_sent.append(what)

    async def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """As `Visitor.send`."""
        what = path.removeprefix("/api/v1/").partition("?")[0].partition("/")[0]
        if what == "deposits":
            return [{"rail": "bank", "state": "settled"}] + [
                {"rail": "crypto", "state": "settled"} for _ in self.coins_sent
            ]
        if what == "deposit-addresses":
            return {"address": "there", "tag": "7"}
        if what == "quotes":
            self.quotes += 1
            return {"quote_id": f"q{self.quotes}"}
        if method == "GET":
            return {"conversion_id": path[-2:], "state": self.ends, "reason": "payments.why"}
        if body["quote_id"] in self.expired:
            raise Refused(path, {"code": "payments.quote_expired", "message": "Over."})
        self.exchanged[body["quote_id"]] = key or ""
        return {"conversion_id": body["quote_id"], "state": "pending", "reason": None}


async def go_live(ana: Ana, quotes: dict[str, str]) -> list[dict[str, str]]:
    kept: list[dict[str, str]] = []
    await live(cast("Visitor", ana), quotes, lambda: kept.append(dict(quotes)))
    return kept


async def test_the_end_of_the_story_is_lived_once_however_often_it_is_begun() -> None:
    ana, quotes = Ana(), dict[str, str]()
    kept = await go_live(ana, quotes)
    assert kept == [{"BTC EUR": "q1"}, {"BTC EUR": "q1", "EUR ETH": "q2"}], "each before it is used"
    assert await go_live(ana, quotes) == []
    assert ana.coins_sent == [("BTC", "0.02", "there", "7")]
    assert list(ana.exchanged) == ["q1", "q2"]
    assert len(set(ana.exchanged.values())) == len(EXCHANGES)


async def test_an_offer_that_an_interruption_outlasted_is_replaced() -> None:
    ana, quotes = Ana(), {"BTC EUR": "q0"}
    ana.expired = {"q0"}
    await go_live(ana, quotes)
    assert quotes == {"BTC EUR": "q1", "EUR ETH": "q2"}


async def test_an_exchange_that_does_not_settle_is_said() -> None:
    ana = Ana()
    ana.ends = "in_review"
    with pytest.raises(CannotStart, match=r"in_review \(payments.why\)"):
        await go_live(ana, {})


def test_what_was_made_is_kept_for_nobody_else_to_read(tmp_path: Path) -> None:
    kept = Kept.read(Folder(tmp_path))
    assert (kept.accounts, kept.story) == ({}, None)
    kept.accounts["admin"] = Account("admin", "ada@capitalino.example", "secret", "JBSWY3DP", "i")
    kept.write()
    assert Kept.read(Folder(tmp_path)).story is None
    kept.story = replace(STORY, acts_done=7, quotes={"BTC EUR": "q1"}, is_told=True)
    kept.write()
    found = Kept.read(Folder(tmp_path))
    assert (found.accounts, found.story) == (kept.accounts, kept.story)
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
    (tmp_path / "demo.json").write_text(json.dumps({"other": 1}))
    assert Kept.read(Folder(tmp_path)).accounts == {}


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


async def test_a_request_that_comes_too_often_is_sent_again() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) < 3:
            error = {"code": "rate_limited", "message": "Too many requests."}
            return httpx.Response(429, json={"success": False, "error": error}, headers={"Retry-After": "0"})
        return httpx.Response(200, json={"success": True, "data": 5})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://edge") as web:
        assert await Visitor(web).send("GET", "/api/v1/me") == 5
    assert len(asked) == 3
