"""Which class of trouble an error is."""

from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from capitalino.venues.binance_client import Answer
from capitalino.venues.binance_trouble import trouble
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble


def answered(
    status: int, code: int | None = None, message: str = "", retry_after: str | None = None
) -> Exception:
    error = Exception("GET https://api.example/?signature=abc")
    error.answer = Answer(status, code, message, retry_after)  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("status", "code", "asking", "changing"),
    [
        (429, -1003, Again, Again),
        (418, None, Again, Again),
        (400, -1015, Again, Again),
        (400, -1021, Again, Again),
        (500, None, Again, Unknown),
        (503, -1000, Again, Unknown),
        (504, -1007, Again, Unknown),
        (400, -1006, Again, Unknown),
        (404, None, Again, Unknown),
        (403, None, Never, Never),
        (451, None, Never, Never),
        (400, -2010, Never, Never),
        (400, -1013, Never, Never),
        (400, -1121, Never, Never),
        (401, -2015, Never, Never),
        (400, -1022, Never, Never),
    ],
)
def test_an_answer_is_judged_by_its_status_and_code(
    status: int, code: int | None, asking: type[VenueTrouble], changing: type[VenueTrouble]
) -> None:
    assert type(trouble(answered(status, code), changes=False)) is asking
    assert type(trouble(answered(status, code), changes=True)) is changing


def test_a_duplicate_is_the_order_that_we_sent() -> None:
    assert isinstance(trouble(answered(400, -2010, "Duplicate order sent."), changes=True), Unknown)


@pytest.mark.parametrize(("header", "seconds"), [("12", 12), (None, None), ("soon", None)])
def test_it_says_when_to_come_back(header: str | None, seconds: int | None) -> None:
    assert trouble(answered(429, -1003, "", header), changes=True).retry_after_s == seconds


def caused(cause: BaseException) -> Exception:
    error = Exception("POST https://api.example/?signature=abc")
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
    for error in (answered(500), answered(400, -2010, "No."), caused(TimeoutError())):
        assert "signature" not in str(trouble(error, changes=True))
