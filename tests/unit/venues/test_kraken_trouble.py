"""Which class of trouble an error of Kraken is."""

import binascii
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from capitalino.venues.kraken_client import Answer
from capitalino.venues.kraken_trouble import trouble
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble


def answered(status: int, *errors: str, retry_after: str | None = None) -> Exception:
    error = Exception("POST https://api.example/0/private/AddOrder nonce=1")
    error.answer = Answer(status, {"error": list(errors)}, retry_after)  # type: ignore[attr-defined]
    return error


# The texts are those of Kraken's guide to its errors.
@pytest.mark.parametrize(
    ("status", "errors", "asking", "changing"),
    [
        (429, (), Again, Again),
        (200, ("EAPI:Rate limit exceeded",), Again, Again),
        (200, ("EOrder:Rate limit exceeded",), Again, Again),
        (200, ("EGeneral:Too many requests",), Again, Again),
        (200, ("EGeneral:Temporary lockout",), Again, Again),
        (200, ("EAPI:Invalid nonce",), Again, Again),
        (200, ("EService:Market in cancel_only mode",), Again, Again),
        (200, ("EService:Market in post_only mode",), Again, Again),
        (200, ("EService:Unavailable",), Again, Unknown),
        (200, ("EService:Busy",), Again, Unknown),
        (200, ("EService:Timeout",), Again, Unknown),
        (200, ("EService:Deadline elapsed",), Again, Unknown),
        (200, ("EGeneral:Internal error",), Again, Unknown),
        (200, ("EGeneral:Internal error[7]",), Again, Unknown),
        (200, ("EDatabase:Internal error",), Again, Unknown),
        (200, ("EOrder:Duplicate order",), Again, Unknown),
        (200, ("ENew:What nobody knows yet",), Again, Unknown),
        (200, ("WOrder:Only a warning",), Again, Unknown),
        (200, (), Again, Unknown),
        (500, (), Again, Unknown),
        (503, ("EService:Unavailable",), Again, Unknown),
        (502, ("EOrder:Insufficient funds",), Again, Unknown),
        (404, (), Again, Unknown),
        (403, (), Never, Never),
        (451, (), Never, Never),
        (200, ("EOrder:Insufficient funds",), Never, Never),
        (200, ("EOrder:Order minimum not met",), Never, Never),
        (200, ("EOrder:Cost minimum not met",), Never, Never),
        (200, ("EGeneral:Invalid arguments:volume",), Never, Never),
        (200, ("EGeneral:Permission denied",), Never, Never),
        (200, ("EQuery:Unknown asset pair",), Never, Never),
        (200, ("EAPI:Invalid key",), Never, Never),
        (200, ("EAPI:Invalid signature",), Never, Never),
        (200, ("EFunding:No funding method",), Never, Never),
    ],
)
def test_an_answer_is_judged_by_its_status_and_errors(
    status: int, errors: tuple[str, ...], asking: type[VenueTrouble], changing: type[VenueTrouble]
) -> None:
    assert type(trouble(answered(status, *errors), changes=False)) is asking
    assert type(trouble(answered(status, *errors), changes=True)) is changing


def test_of_several_errors_the_least_certain_counts() -> None:
    sure, later, unclear = "EOrder:Insufficient funds", "EAPI:Rate limit exceeded", "EService:Busy"
    assert isinstance(trouble(answered(200, later, sure), changes=True), Never)
    assert isinstance(trouble(answered(200, sure, later, unclear), changes=True), Unknown)


def test_the_code_is_krakens_own_text() -> None:
    judged = trouble(answered(200, "EOrder:Insufficient funds", "EAPI:Invalid key"), changes=True)
    assert judged.code == "EOrder:Insufficient funds"
    assert judged.message == "EOrder:Insufficient funds, EAPI:Invalid key"


@pytest.mark.parametrize(("header", "seconds"), [("12", 12), (None, None), ("soon", None)])
def test_it_says_when_to_come_back(header: str | None, seconds: int | None) -> None:
    assert trouble(answered(429, retry_after=header), changes=True).retry_after_s == seconds


@pytest.mark.parametrize(
    ("reply", "errors"),
    [
        (None, ()),
        ("<html>", ()),
        ({"error": None}, ()),
        ({"error": {}}, ()),
        ({"error": [None, 7, ""]}, ()),
        ({"error": "EFunding:No funding method"}, ("EFunding:No funding method",)),
        ({"error": ["EAPI:Invalid key"]}, ("EAPI:Invalid key",)),
    ],
)
def test_errors_are_read_whatever_shape_they_come_in(reply: Any, errors: tuple[str, ...]) -> None:
    assert Answer(200, reply, None).errors == errors


def caused(cause: BaseException) -> Exception:
    error = Exception("POST https://api.example/0/private/AddOrder nonce=1")
    error.__cause__ = cause
    return error


def _refused() -> aiohttp.ClientConnectorError:
    key: Any = ConnectionKey("127.0.0.1", 1, False, True, None, None, None)  # noqa: FBT003
    return aiohttp.ClientConnectorError(key, OSError("refused"))


@pytest.mark.parametrize(
    ("error", "asking", "changing"),
    [
        (caused(_refused()), Again, Again),
        (binascii.Error("Incorrect padding"), Never, Never),
        (caused(TimeoutError()), Again, Unknown),
        (caused(aiohttp.ServerDisconnectedError()), Again, Unknown),
        (KeyError("anything odd"), Again, Unknown),
    ],
)
def test_without_an_answer_only_what_was_never_sent_is_certain(
    error: Exception, asking: type[VenueTrouble], changing: type[VenueTrouble]
) -> None:
    assert type(trouble(error, changes=False)) is asking
    assert type(trouble(error, changes=True)) is changing


def test_the_text_of_the_client_is_not_repeated() -> None:
    for error in (answered(500), answered(200, "EAPI:Invalid key"), caused(TimeoutError())):
        assert not any(word in str(trouble(error, changes=True)) for word in ("http", "nonce="))
