"""Every form is read exactly, and what is not quite of the form is not read at all."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from capitalino.services.market.adapters import ecb, frankfurter, frankfurter_v2, oxr
from capitalino.services.market.adapters.forms import forms
from capitalino.services.market.adapters.port import SourceTrouble
from capitalino.services.market.domain.rates import Sheet
from capitalino.services.market.settings import MarketSettings

ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Reference rates</gesmes:subject>
<Cube>{days}</Cube></gesmes:Envelope>"""
DAY = "<Cube time='2026-11-20'>{rates}</Cube>"
USD = "<Cube currency='USD' rate='{rate}'/>"
V1: dict[str, Any] = {"amount": 1.0, "base": "EUR", "date": "2026-11-20", "rates": {"USD": 1.151, "JPY": 178}}
V2: list[dict[str, Any]] = [
    {"date": "2026-11-20", "base": "EUR", "quote": "USD", "rate": 1.151},
    {"date": "2026-11-20", "base": "EUR", "quote": "GBP", "rate": 0.879},
]
OXR: dict[str, Any] = {
    "timestamp": 1763629200,
    "base": "USD",
    "rates": {"EUR": 0.8688, "USD": 1, "IRR": 42105},
}
OUT = datetime(2026, 11, 20, 15, tzinfo=UTC)
Read = Callable[[bytes], Sheet]
READERS: list[Read] = [ecb.read, frankfurter.read, frankfurter_v2.read, oxr.read]


def xml(rates: str = USD.format(rate="1.1510"), day: str = DAY) -> bytes:
    """A daily file."""
    return ENVELOPE.format(days=day.format(rates=rates)).encode()


def as_json(told: Any, **other: Any) -> bytes:
    """An answer in JSON, with some of it changed."""
    return json.dumps({**told, **other} if other else told).encode()


def code_of(read: Read, content: bytes) -> str:
    """Why it is not believed."""
    with pytest.raises(SourceTrouble) as refused:
        read(content)
    return refused.value.code


def test_the_daily_file_is_read_to_the_last_digit() -> None:
    sheet = ecb.read(xml(USD.format(rate="1.1510") + "<Cube currency='JPY' rate='178.30'/>"))
    assert sheet == Sheet("EUR", OUT, {"USD": Decimal("1.1510"), "JPY": Decimal("178.30")})


def test_frankfurters_first_version_is_read_without_a_float_in_between() -> None:
    sheet = frankfurter.read(
        b'{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"USD":1.10000000000000000001}}'
    )
    assert sheet == Sheet("EUR", OUT, {"USD": Decimal("1.10000000000000000001")})
    assert frankfurter.read(as_json(V1)).rates == {"USD": Decimal("1.151"), "JPY": 178}


def test_frankfurters_second_version_is_read() -> None:
    assert frankfurter_v2.read(as_json(V2)) == Sheet(
        "EUR", OUT, {"USD": Decimal("1.151"), "GBP": Decimal("0.879")}
    )


def test_a_currency_that_is_told_of_an_older_day_is_left_out() -> None:
    old = {"date": "2022-03-01", "base": "EUR", "quote": "RUB", "rate": 117.201}
    assert set(frankfurter_v2.read(as_json([*V2, old])).rates) == {"USD", "GBP"}


def test_open_exchange_rates_are_read_with_their_instant() -> None:
    sheet = oxr.read(as_json(OXR))
    at = datetime(2025, 11, 20, 9, tzinfo=UTC)
    assert sheet == Sheet("USD", at, {"EUR": Decimal("0.8688"), "IRR": Decimal(42105)})


MALFORMED = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"true",
    b"1",
    b'"x"',
    b"<html><body>Attention required</body></html>",
]
MALFORMED += [b"<!DOCTYPE html><html></html>", b"\xff\xfe\x00", b"[" * 200_000, b"{" * 1000, b"<a>" * 1000]


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__module__.rsplit(".", 1)[-1])
@pytest.mark.parametrize("content", MALFORMED, ids=lambda content: content[:12])
def test_what_is_no_answer_is_refused_in_every_form(read: Read, content: bytes) -> None:
    assert code_of(read, content) == "malformed"


@given(st.sampled_from(READERS), st.binary(max_size=200))
def test_no_bytes_break_a_reader(read: Read, content: bytes) -> None:
    assert code_of(read, content) == "malformed"


WHOLE = [(ecb.read, xml()), (frankfurter.read, as_json(V1)), (frankfurter_v2.read, as_json(V2))]
WHOLE += [(oxr.read, as_json(OXR))]


@given(st.sampled_from(WHOLE), st.data())
def test_a_cut_answer_is_refused_wherever_it_is_cut(whole: tuple[Read, bytes], data: st.DataObject) -> None:
    read, content = whole
    end = data.draw(st.integers(0, len(content) - 1))
    assert code_of(read, content[:end]) == "malformed"


@pytest.mark.parametrize(
    "rate",
    [
        "0",
        "0.0",
        "-1.15",
        "NaN",
        "Infinity",
        "1e5",
        "",
        " 1.15",
        "1,15",
        "1.15.1",
        "0x1",
        "\u0661",
        "1" * 30,
        "9" * 14,
    ],
)
def test_a_figure_that_cannot_be_a_rate_spoils_the_daily_file(rate: str) -> None:
    assert code_of(ecb.read, xml(USD.format(rate=rate))) == "malformed"


@pytest.mark.parametrize(
    "rate",
    ["0", "0.0", "-1.15", "NaN", "Infinity", "1e99", "1e-99", "null", '"1.15"', "true", "[]", "1e9999999999"],
)
@pytest.mark.parametrize("read", [frankfurter.read, oxr.read], ids=["frankfurter", "oxr"])
def test_a_figure_that_cannot_be_a_rate_spoils_the_answer(read: Read, rate: str) -> None:
    told = V1 if read is frankfurter.read else OXR
    content = as_json(told, rates={"GBP": "here"}).replace(b'"here"', rate.encode())
    if rate == '"1.15"':
        assert read(content).rates["GBP"] == Decimal("1.15")
    else:
        assert code_of(read, content) == "malformed"


def test_a_rate_of_endless_digits_is_refused() -> None:
    assert code_of(frankfurter.read, as_json(V1).replace(b"1.151", b"1." + b"1" * 5000)) == "malformed"


def test_a_document_type_is_refused_before_its_entities_grow() -> None:
    bomb = xml().replace(
        b"<gesmes:Envelope",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><gesmes:Envelope',
        1,
    )
    assert code_of(ecb.read, bomb) == "malformed"


@pytest.mark.parametrize(
    "content",
    [
        xml(day=DAY + DAY.replace("20", "19")),  # the file of many days
        xml(day="{rates}"),
        xml(""),
        xml("<Cube currency='USD'/>"),
        xml("<Cube currency='usd' rate='1.15'/>"),
        xml("<Cube currency='USDT' rate='1.15'/>"),
        xml(USD.format(rate="1.15") * 2),
        xml(day=DAY.replace("2026-11-20", "20.11.2026")),
        xml(day=DAY.replace("2026-11-20", "2026-02-30")),
        xml().replace(b"eurofxref", b"other"),
    ],
)
def test_a_daily_file_of_another_shape_is_refused(content: bytes) -> None:
    assert code_of(ecb.read, content) == "malformed"


@pytest.mark.parametrize(
    "content",
    [
        as_json(V1, amount=10.0),
        as_json(V1, amount=True),
        as_json(V1, amount=None),
        as_json(V1, base="USD"),
        as_json(V1, date="yesterday"),
        as_json(V1, date=20261120),
        as_json(V1, date="0000-00-00"),
        as_json(V1, rates=[]),
        as_json(V1, rates={}),
        as_json(V1, rates={"EUR": 1}),
        as_json(V1, rates={"EUR": 1.1, "USD": 1.2}),
        as_json(V1, rates={"USD ": 1.2}),
        as_json(V1, rates={"USD": {"rate": 1.2}}),
        as_json(V1).replace(b'"JPY"', b'"USD"'),
        as_json({"message": "not found"}),
    ],
)
def test_an_answer_of_the_first_version_of_another_shape_is_refused(content: bytes) -> None:
    assert code_of(frankfurter.read, content) == "malformed"


@pytest.mark.parametrize(
    "content",
    [
        as_json(V1),
        as_json([*V2, None]),
        as_json([V2[0], V2[0]]),
        as_json([V2[0] | {"base": "USD"}]),
        as_json([V2[0], V2[1] | {"base": "USD"}]),
        as_json([V2[0] | {"rate": None}]),
        as_json([V2[0] | {"quote": None}]),
        as_json([V2[0] | {"date": None}]),
        as_json([{}]),
    ],
)
def test_an_answer_of_the_second_version_of_another_shape_is_refused(content: bytes) -> None:
    assert code_of(frankfurter_v2.read, content) == "malformed"


@pytest.mark.parametrize(
    "content",
    [
        as_json(OXR, error=True),
        as_json(OXR, base="EUR"),
        as_json(OXR, timestamp=None),
        as_json(OXR, timestamp="1763629200"),
        as_json(OXR, timestamp=1763629200.5),
        as_json(OXR, timestamp=True),
        as_json(OXR, timestamp=-1),
        as_json(OXR, timestamp=1763629200000),
        as_json(OXR, rates=None),
        as_json({"error": True, "status": 401, "message": "invalid_app_id"}),
    ],
)
def test_an_answer_of_open_exchange_rates_of_another_shape_is_refused(content: bytes) -> None:
    assert code_of(oxr.read, content) == "malformed"


def names(**settings: Any) -> list[str]:
    """Which sources are read."""
    return [form.source.name for form in forms(MarketSettings(**settings))]


def test_open_exchange_rates_are_asked_only_with_an_app_id() -> None:
    assert names() == ["ecb", "frankfurter", "frankfurter_v2"]
    assert names(rates_oxr_app_id=SecretStr("x"))[-1] == "oxr"
    assert names(rates_sources=("ecb",)) == ["ecb"]


def test_a_stand_in_speaks_for_all_and_never_gets_the_real_app_id() -> None:
    base = "http://127.0.0.1:9000/rates"
    found = forms(MarketSettings(rates_url=base, rates_oxr_app_id=SecretStr("real")))
    assert len(found) == 4
    assert all(form.url.startswith(f"{base}/") for form in found)
    assert found[-1].headers["Authorization"].get_secret_value() == "Token sandbox-app-id"


def test_without_a_stand_in_the_sources_are_asked_in_secret() -> None:
    found = forms(MarketSettings(rates_oxr_app_id=SecretStr("real")))
    assert all(form.url.startswith("https://") for form in found)
    assert all("real" not in f"{form.url}{form.query}{form.headers}" for form in found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rates_url": "127.0.0.1:9000"},
        {"rates_url": "http://127.0.0.1:9000/"},
        {"rates_url": "http://127.0.0.1:9000/?app_id=x"},
        {"rates_oxr_url": "http://openexchangerates.org/api/latest.json"},
        {"rates_oxr_url": "https://openexchangerates.org/api/latest.json?app_id=x"},
        {"rates_quorum": 0},
        {"rates_timeout_s": 10},
        {"rates_sources": ("bank",)},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MarketSettings(**wrong)
