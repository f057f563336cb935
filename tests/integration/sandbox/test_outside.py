"""What is round the exchange: mail, pages, deposits, faults, state."""

import asyncio
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

import aiohttp
import aiosmtplib
import httpx
import pytest

from capitalino.kit.ids import new_id
from tests.support.sandbox import Sandbox


async def get(sandbox: Sandbox, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        return await client.get(path)


async def test_a_mail_sent_by_smtp_is_caught_and_shown(sandbox: Sandbox) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", new_id().hex
    message.set_content("Open http://localhost:8000/verify?token=1&x=2 please.")
    await aiosmtplib.send(message, hostname="127.0.0.1", port=sandbox.smtp_port, start_tls=False)
    newest = (await sandbox.mails())[0]
    assert (newest["to"], newest["subject"]) == ("b@example.com", message["Subject"])
    assert set(newest) >= {"id", "to", "subject", "text", "at"}
    page = await get(sandbox, "/mail")
    assert message["Subject"] in page.text
    assert 'href="http://localhost:8000/verify?token=1&amp;x=2"' in page.text


@pytest.mark.parametrize("path", ["/", "/mail"])
async def test_pages_run_no_script_and_load_nothing_from_elsewhere(sandbox: Sandbox, path: str) -> None:
    page = await get(sandbox, path)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert 'href="/' not in page.text, "links are relative: the edge serves the pages under /sandbox/"


async def test_the_form_of_the_start_page_sends_a_deposit(sandbox: Sandbox) -> None:
    tag = new_id().hex[:8]
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        form = {"asset": "BTC", "amount": "0.1", "address": "", "tag": tag}
        answer = await client.post("/exchange/deposits", data=form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "../?sent=0.1%20BTC"
    assert (await sandbox.state())["counts"]["deposits"] > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"asset": "XXX", "amount": "1"},
        {"asset": "EUR", "amount": "1"},
        {"asset": "BTC", "amount": "0"},
        {"asset": "BTC", "amount": "-1"},
        {"asset": "BTC", "amount": "0.000000001"},
        {"asset": "USDT", "amount": "0.0000001"},
        {"asset": "BTC", "amount": "much"},
        {"asset": "BTC"},
        {"asset": "BTC", "amount": "1", "who": "me"},
        [],
    ],
)
async def test_a_deposit_that_cannot_be_is_refused(sandbox: Sandbox, wrong: object) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        assert (await client.post("/exchange/deposits", json=wrong)).status_code == 400
        no_json = await client.post(
            "/exchange/deposits", content=b"{", headers={"Content-Type": "application/json"}
        )
    assert no_json.status_code == 400


async def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        await sandbox.fail("place", "earthquake")
    assert (await get(sandbox, "/exchange/faults")).json() == []


async def test_latency_is_waited_for(sandbox: Sandbox) -> None:
    await sandbox.fail("time", "latency", delay_ms=200)
    answer = await get(sandbox, "/binance/api/v3/time")
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("ticker/24hr?symbol=XXXEUR", -1121),
        ("klines?symbol=BTCEUR&interval=3y", -1120),
        ("klines?symbol=BTCEUR&interval=1h&limit=x", -1100),
        ("depth", -1121),
    ],
)
async def test_market_data_is_refused_with_binances_codes(sandbox: Sandbox, path: str, code: int) -> None:
    answer = await get(sandbox, f"/binance/api/v3/{path}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_an_unsigned_call_is_refused(sandbox: Sandbox) -> None:
    answer = await get(sandbox, "/binance/api/v3/account")
    assert (answer.status_code, answer.json()["code"]) == (401, -2015)


async def test_a_deposit_arrives_at_one_exchange(sandbox: Sandbox) -> None:
    before = (await sandbox.state())["balances"]
    await sandbox.deposit("BTC", "0.5", venue="okx")
    async with asyncio.timeout(5):
        while (after := (await sandbox.state())["balances"]) == before:
            await asyncio.sleep(0.02)
    changed = [name for name in after if after[name] != before[name]]
    assert changed == ["okx"]


async def test_chance_begins_anew_with_a_seed(sandbox: Sandbox) -> None:
    await sandbox.fail("time", "5xx", rate=0.5)

    async def drawn(seed: int) -> list[int]:
        await sandbox.sow(seed)
        return [(await get(sandbox, "/binance/api/v3/time")).status_code for _ in range(12)]

    first = await drawn(7)
    assert set(first) == {200, 503}
    assert await drawn(7) == first


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/binance/api/v3/time", '"code":-1003'),
        ("/kraken/0/public/Time", "EAPI:Rate limit exceeded"),
        ("/okx/api/v5/public/time", '"code":"50011"'),
        ("/coinbase/v2/time", '"id":"rate_limit_exceeded"'),
        ("/coinbase/api/v3/brokerage/time", '"error":"RESOURCE_EXHAUSTED"'),
    ],
)
async def test_each_exchange_throttles_in_its_own_form(sandbox: Sandbox, path: str, code: str) -> None:
    await sandbox.fail("time", "429", retry_after_s=2)
    answer = await get(sandbox, path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert code in answer.text


@pytest.mark.parametrize(
    ("path", "asked", "number"),
    [
        ("/binance/stream/ws", {"method": "SUBSCRIBE", "params": ["btceur@depth@100ms"], "id": 1}, "U"),
        (
            "/coinbase/ws",
            {"type": "subscribe", "channel": "ticker", "product_ids": ["BTC-EUR"]},
            "sequence_num",
        ),
    ],
)
async def test_a_message_that_is_left_out_leaves_a_gap_in_the_numbers(
    sandbox: Sandbox, path: str, asked: dict[str, Any], number: str
) -> None:
    await sandbox.fail("stream", "gap", nth=2, times=1)
    seen: list[int] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(sandbox.url + path) as socket:
        await socket.send_json(asked)
        while len(seen) < 4 or seen[-1] - seen[0] < len(seen):
            message = await socket.receive_json(timeout=5)
            seen += [message[number]] if number in message else []
            assert len(seen) < 12
    steps = [after - before for before, after in pairwise(seen)]
    assert sorted(set(steps)) == [1, 2]
    assert steps.count(2) == 1


async def test_an_address_that_no_chain_has_is_not_listed(sandbox: Sandbox) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        await sandbox.list_address("mine", "EUR", "DE02")


async def test_a_withdrawal_that_nobody_asked_for_is_not_refused(sandbox: Sandbox) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        await sandbox.refuse_withdrawal("okx", "nothing")
