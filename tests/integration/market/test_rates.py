"""Reference rates from the real sandbox, kept in a real PostgreSQL: sources fail, lie and go stale."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capitalino.contracts.market.api import FindFiatRate
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.services.market.domain.bank_days import published_at
from capitalino.services.market.domain.rates import Sheet
from capitalino.services.market.errors import RateDisputed, RateHeld, RateUnknown, RateWithoutQuorum
from capitalino.services.market.store import rates as store
from tests.integration.market.desk import ECB, OPERATIONS, RIALS, V1, Desk
from tests.support.sandbox import Sandbox


async def test_all_sources_are_read_and_a_rate_has_its_age_and_its_sources(desk: Desk) -> None:
    assert await desk.read() == [1800, 1800, 1800, 3600]
    found = await desk.rate()
    assert found.sources == ("ecb", "frankfurter", "frankfurter_v2", "oxr")
    assert Decimal("1.14") < found.rate < Decimal("1.16")
    assert {opinion.group for opinion in found.opinions} == {"ecb", "oxr"}
    assert found.at == min(opinion.at for opinion in found.opinions if opinion.at)
    assert found.age_s == max((desk.clock.now() - found.at) // timedelta(seconds=1), 0)
    back = await desk.rate(FindFiatRate(base="USD", quote="EUR"))
    assert abs(back.rate * found.rate - 1) < Decimal("1e-15")


async def test_rials_are_told_by_one_source_only_and_served_at_a_quorum_of_one(desk: Desk) -> None:
    await desk.read()
    found = await desk.rate(RIALS)
    assert found.sources == ("oxr",)
    assert 40_000 < found.rate < 60_000
    await desk.start(rates_quorum=2)
    assert (await desk.rate()).rate
    with pytest.raises(RateWithoutQuorum):
        await desk.rate(RIALS)


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"fault": "5xx"}, "status_503"),
    ({"fault": "5xx", "status": 500}, "status_500"),
    ({"fault": "429", "retry_after_s": 60}, "status_429"),
    ({"fault": "hang"}, "timeout"),
    ({"fault": "latency", "delay_ms": 4000}, "timeout"),
    ({"fault": "never_arrived"}, "unreachable"),
    ({"fault": "garbage_200"}, "malformed"),
    ({"fault": "garbage_200", "body": ""}, "malformed"),
    ({"fault": "garbage_200", "body": "null"}, "malformed"),
    ({"fault": "garbage_200", "body": V1[:40]}, "malformed"),
    ({"fault": "garbage_200", "body": ECB.format(day="2026-11-20", usd="1.15")[:-9]}, "malformed"),
    ({"fault": "garbage_200", "body": " " * 300_000}, "too_large"),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("name", ["ecb", "oxr"])
async def test_one_source_down_the_others_carry_the_rate(
    desk: Desk, sandbox: Sandbox, name: str, fault: dict[str, Any], error: str
) -> None:
    await sandbox.fail(f"rates_{name}", **fault)
    await desk.read()
    found = await desk.rate()
    assert name not in found.sources
    assert len(found.sources) == 3
    assert (await desk.verdicts())[name] == "unseen"
    health = await desk.health(name)
    assert (health.error, health.failures, health.succeeded_at) == (error, 1, None)
    assert health.failed_at == desk.clock.now()


async def test_all_down_the_last_rates_are_served_until_they_are_stale_and_then_refused(
    desk: Desk, sandbox: Sandbox
) -> None:
    await desk.read()
    before = await desk.rate()
    await sandbox.fail("*", "5xx")
    await desk.read()
    assert (await desk.rate()).rate == before.rate
    desk.clock.advance(7 * 24 * 3600)
    with pytest.raises(RateWithoutQuorum) as refused:
        await desk.rate()
    told = refused.value.details["opinions"]
    assert {opinion["verdict"] for opinion in told} == {"stale"}
    assert all(opinion["age_s"] > 6 * 24 * 3600 for opinion in told)


async def test_two_of_two_groups_down_from_the_first_moment_is_a_refusal_and_no_number(
    desk: Desk, sandbox: Sandbox
) -> None:
    await sandbox.fail("*", "5xx")
    await desk.read()
    with pytest.raises(RateWithoutQuorum) as refused:
        await desk.rate()
    assert {opinion["rate"] for opinion in refused.value.details["opinions"]} == {None}
    assert await desk.market.reference.rates.rates("EUR") == []


async def test_a_file_a_week_old_is_stale_and_left_out(desk: Desk) -> None:
    await desk.say("rates_ecb", "1.1510", day=(desk.clock.now() - timedelta(days=8)).date())
    await desk.read()
    assert (await desk.verdicts())["ecb"] == "stale"
    assert "ecb" not in (await desk.rate()).sources


async def test_a_live_source_three_hours_old_is_stale_and_left_out(desk: Desk) -> None:
    await desk.say("rates_oxr", "1.1510", age=3 * 3600)
    await desk.read()
    assert (await desk.verdicts())["oxr"] == "stale"


async def test_a_fat_finger_times_ten_is_left_out_though_it_was_the_first_to_be_heard(desk: Desk) -> None:
    await desk.say("rates_ecb", "11.510")
    await desk.read()
    assert (await desk.verdicts())["ecb"] == "outlier"
    assert Decimal("1.14") < (await desk.rate()).rate < Decimal("1.16")


@pytest.mark.parametrize("usd", ["0", "NaN", "-1.15", "Infinity"])
async def test_zero_and_nan_are_no_rates_and_fail_their_source(desk: Desk, usd: str) -> None:
    await desk.say("rates_ecb", usd)
    await desk.say("rates_frankfurter", usd)
    await desk.read()
    assert (await desk.health("ecb")).error == (await desk.health("frankfurter")).error == "malformed"
    assert (await desk.rate()).sources == ("frankfurter_v2", "oxr")


async def test_two_that_differ_by_eight_percent_are_refused(desk: Desk) -> None:
    await desk.say("rates_ecb", "1.1510")
    await desk.say("rates_oxr", "1.2431")
    await desk.read("ecb", "oxr")
    with pytest.raises(RateDisputed):
        await desk.rate()


async def test_correlated_sources_with_one_mistake_do_not_outvote_an_independent_one(desk: Desk) -> None:
    for operation in OPERATIONS[:3]:
        await desk.say(operation, "11.510")
    await desk.read()
    with pytest.raises(RateDisputed):
        await desk.rate()


async def test_a_jump_against_the_last_good_rate_is_held_and_the_last_good_one_stays(desk: Desk) -> None:
    await desk.say_all("1.1510")
    await desk.read()
    await desk.say_all("1.3000")
    await desk.read()
    with pytest.raises(RateHeld):
        await desk.rate()
    judged = await desk.market.reference.rates.evaluation("EUR", "USD")
    assert judged.last_good is not None
    assert abs(judged.last_good.rate - Decimal("1.1510")) < Decimal("0.00001")
    assert abs((judged.found or 0) - Decimal("1.3")) < Decimal("0.00001")
    await desk.start()
    with pytest.raises(RateHeld):  # a restart does not forget what is good
        await desk.rate()
    await desk.say_all("1.1600")
    await desk.read()
    assert abs((await desk.rate()).rate - Decimal("1.16")) < Decimal("0.00001")


async def test_a_restart_keeps_the_last_good_rate(desk: Desk, sandbox: Sandbox) -> None:
    await desk.read()
    before = await desk.rate()
    await sandbox.fail("*", "never_arrived")
    await desk.start()
    await desk.read()
    assert await desk.rate() == before
    assert (await desk.health("ecb")).state == "failing"


async def test_what_is_kept_is_exact(db: Database) -> None:
    exact = Decimal("1.10000000000000000000000000001")
    told = Sheet("EUR", published_at(date(2026, 11, 20)), {"USD": exact, "JPY": Decimal(178)})
    async with db.begin() as tx:
        assert await store.keep_sheet(tx, "ecb", told, SYSTEM.now())
        found = await store.sheets(tx, ["EUR", "USD"])
    assert found["ecb"] == Sheet("EUR", told.at, {"USD": exact})


@pytest.mark.parametrize(("base", "quote"), [("EUR", "EUR"), ("EUR", "BTC"), ("XXX", "EUR"), ("EUR", "CHF")])
async def test_what_is_no_pair_of_our_fiat_currencies_is_unknown(desk: Desk, base: str, quote: str) -> None:
    with pytest.raises(RateUnknown):
        await desk.rate(FindFiatRate(base=base, quote=quote))


async def test_what_every_currency_costs_leaves_out_what_is_refused(desk: Desk, sandbox: Sandbox) -> None:
    await sandbox.fail("rates_oxr", "5xx")
    await desk.read()
    assert [rate.base for rate in await desk.market.reference.rates.rates("EUR")] == ["GBP", "USD"]
    with pytest.raises(RateUnknown):
        await desk.market.reference.rates.rates("BTC")
