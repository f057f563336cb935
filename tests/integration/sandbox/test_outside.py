"""What is round the exchange: mail, pages, deposits, faults, state."""

from email.message import EmailMessage

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
