"""Which class of trouble an error is."""

from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from capitalino.venues.okx_client import Answer
from capitalino.venues.okx_trouble import trouble
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble


def answered(status: int, reply: Any = None, retry_after: str | None = None) -> Exception:
    error = Exception("GET https://api.example/ OK-ACCESS-SIGN=abc")
    error.answer = Answer(status, reply, retry_after)  # type: ignore[attr-defined]
    return error


def said(code: str, message: str = "No.") -> dict[str, Any]:
    return {"code": code, "msg": message, "data": []}


def failed(code: Any) -> dict[str, Any]:
    """As OKX refuses an order."""
    row = {"clOrdId": "a", "ordId": "", "sCode": code, "sMsg": "Order failed.", "tag": ""}
    return {"code": "1", "msg": "All operations failed", "data": [row]}


@pytest.mark.parametrize(
    ("status", "reply", "asking", "changing"),
    [
        (429, None, Again, Again),
        (429, said("50011"), Again, Again),
        (200, said("50011"), Again, Again),
        (200, said("50061"), Again, Again),
        (401, said("50102"), Again, Again),
        (200, failed("50036"), Again, Again),
        (429, said("50013"), Again, Unknown),
        (400, said("50004"), Again, Unknown),
        (503, said("50001"), Again, Unknown),
        (500, said("50026"), Again, Unknown),
        (500, said("59999"), Again, Unknown),
        (200, failed("51149"), Again, Unknown),
        (200, said("1"), Again, Unknown),
        (200, failed(51008), Again, Unknown),
        (200, failed(None), Again, Unknown),
        (200, {"code": "0", "data": []}, Again, Unknown),
        (200, {}, Again, Unknown),
        (200, ["50011"], Again, Unknown),
        (200, {"code": "1", "data": ["x"]}, Again, Unknown),
        (502, None, Again, Unknown),
        (404, None, Again, Unknown),
        (403, None, Never, Never),
        (451, None, Never, Never),
        (401, said("50111"), Never, Never),
        (401, said("50105"), Never, Never),
        (401, said("50113"), Never, Never),
        (200, failed("51008"), Never, Never),
        (200, failed("51008_1000"), Never, Never),
        (200, failed("51020"), Never, Never),
        (200, said("51603"), Never, Never),
    ],
)
def test_an_answer_is_judged_by_its_status_and_code(
    status: int, reply: Any, asking: type[VenueTrouble], changing: type[VenueTrouble]
) -> None:
    assert type(trouble(answered(status, reply), changes=False)) is asking
    assert type(trouble(answered(status, reply), changes=True)) is changing


def test_the_code_of_a_refused_order_is_the_one_in_its_row() -> None:
    refusal = trouble(answered(200, failed("51008_1000")), changes=True)
    assert (refusal.code, refusal.message) == ("51008", "Order failed.")


@pytest.mark.parametrize("code", ["51016", "50071"])
def test_a_duplicate_is_the_order_that_we_sent(code: str) -> None:
    assert isinstance(trouble(answered(200, failed(code)), changes=True), Unknown)


@pytest.mark.parametrize(("header", "seconds"), [("12", 12), (None, None), ("soon", None)])
def test_it_says_when_to_come_back(header: str | None, seconds: int | None) -> None:
    assert trouble(answered(429, said("50011"), header), changes=True).retry_after_s == seconds


def caused(cause: BaseException) -> Exception:
    error = Exception("POST https://api.example/ OK-ACCESS-SIGN=abc")
    error.__cause__ = cause
    return error


def _refused() -> aiohttp.ClientConnectorError:
    key: Any = ConnectionKey("127.0.0.1", 1, False, True, None, None, None)  # noqa: FBT003
    return aiohttp.ClientConnectorError(key, OSError("refused"))


@pytest.mark.parametrize(
    ("error", "asking", "changing"),
    [
        (caused(_refused()), Again, Again),
        (caused(TimeoutError()), Again, Unknown),
        (caused(aiohttp.ServerDisconnectedError()), Again, Unknown),
        (KeyError("anything odd"), Again, Unknown),
    ],
)
def test_without_an_answer_only_a_connection_never_made_is_certain(
    error: Exception, asking: type[VenueTrouble], changing: type[VenueTrouble]
) -> None:
    assert type(trouble(error, changes=False)) is asking
    assert type(trouble(error, changes=True)) is changing


def test_the_text_of_the_client_is_not_repeated() -> None:
    for error in (answered(500), answered(200, failed("51008")), caused(TimeoutError())):
        assert "SIGN" not in str(trouble(error, changes=True))
