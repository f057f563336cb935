"""Which class of trouble an error of Coinbase is."""

from typing import Any

import aiohttp
import pytest

from capitalino.venues.coinbase_client import Answer, our_client
from capitalino.venues.coinbase_trouble import trouble
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble


def answered(status: int, reply: Any = None, retry_after: str | None = None) -> Exception:
    error = Exception("GET https://api.example/?signature=abc")
    error.answer = Answer.read(status, reply, retry_after)  # type: ignore[attr-defined]
    return error


def newer(code: str) -> dict[str, Any]:
    return {"error": code, "error_details": "why", "message": "why"}


def older(code: str, message: str = "why") -> dict[str, Any]:
    return {"errors": [{"id": code, "message": message}]}


def refused(new: str = "", preview: str = "", error: str = "UNKNOWN_FAILURE_REASON") -> dict[str, Any]:
    told = {"error": error, "message": "", "error_details": "", "preview_failure_reason": preview}
    return {"success": False, "order_id": "", "error_response": told | {"new_order_failure_reason": new}}


@pytest.mark.parametrize(
    ("status", "reply", "asking", "changing"),
    [
        (429, None, Again, Again),
        (429, older("rate_limit_exceeded"), Again, Again),
        (400, newer("RESOURCE_EXHAUSTED"), Again, Again),
        (200, refused(error="ORDER_ENTRY_DISABLED"), Again, Again),
        (401, older("authentication_error", "request timestamp expired"), Again, Again),
        (401, older("authentication_error", "invalid signature"), Never, Never),
        (401, None, Never, Never),
        (403, None, Never, Never),
        (451, None, Never, Never),
        (500, older("internal_server_error"), Again, Unknown),
        (500, newer("INTERNAL"), Again, Unknown),
        (503, None, Again, Unknown),
        (504, None, Again, Unknown),
        (404, None, Again, Unknown),
        (400, newer("unknown"), Again, Unknown),
        (404, newer("NOT_FOUND"), Never, Never),
        (400, newer("INVALID_ARGUMENT"), Never, Never),
        (403, newer("PERMISSION_DENIED"), Never, Never),
        (200, refused(), Again, Unknown),
        (200, refused(preview="UNKNOWN_PREVIEW_FAILURE_REASON"), Again, Unknown),
        (200, refused(new="INSUFFICIENT_FUND"), Never, Never),
        (200, refused(preview="PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"), Never, Never),
        (200, refused(error="INVALID_PRODUCT_ID"), Never, Never),
    ],
)
def test_an_answer_is_judged_by_its_status_and_code(
    status: int, reply: Any, asking: type[VenueTrouble], changing: type[VenueTrouble]
) -> None:
    assert type(trouble(answered(status, reply), changes=False)) is asking
    assert type(trouble(answered(status, reply), changes=True)) is changing


def test_the_most_exact_reason_is_told() -> None:
    reply = refused(preview="PREVIEW_INSUFFICIENT_FUND", error="INVALID_REQUEST")
    assert trouble(answered(200, reply), changes=True).code == "PREVIEW_INSUFFICIENT_FUND"


def test_a_clock_out_of_step_is_not_a_wrong_key() -> None:
    reply = older("authentication_error", "request timestamp expired")
    assert trouble(answered(401, reply), changes=True).code == "clock"


@pytest.mark.parametrize("reply", [[], [1], {"errors": []}, {"errors": ["why"]}, {"error": 7}, "why"])
def test_an_answer_of_no_known_form_has_no_code(reply: Any) -> None:
    assert trouble(answered(400, reply), changes=True).code == "400"


@pytest.mark.parametrize(("header", "seconds"), [("12", 12), (None, None), ("soon", None)])
def test_it_says_when_to_come_back(header: str | None, seconds: int | None) -> None:
    assert trouble(answered(429, None, header), changes=True).retry_after_s == seconds


def test_without_an_answer_it_may_have_happened() -> None:
    error = Exception("POST https://api.example/?signature=abc")
    error.__cause__ = aiohttp.ServerDisconnectedError()
    assert isinstance(trouble(error, changes=True), Unknown)
    assert isinstance(trouble(error, changes=False), Again)


def test_the_client_has_one_error_for_much_and_its_answer_tells_more() -> None:
    client = our_client()({})
    judged = {}
    for status, reply in (
        (500, older("internal_server_error")),
        (404, newer("NOT_FOUND")),
        (429, older("rate_limit_exceeded")),
        (200, refused(new="INSUFFICIENT_FUND")),
        (503, None),
    ):
        with pytest.raises(Exception, match="coinbase") as error:
            client.handle_errors(status, "", "https://api.example", "POST", {}, "{}", reply, {}, None)
        judged[status] = type(trouble(error.value, changes=True))
    assert judged == {500: Unknown, 404: Never, 429: Again, 200: Never, 503: Unknown}


def test_the_text_of_the_client_is_not_repeated() -> None:
    for error in (answered(500), answered(200, refused(new="INSUFFICIENT_FUND"))):
        assert "signature" not in str(trouble(error, changes=True))
