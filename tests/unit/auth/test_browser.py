"""Cookies, and where requests come from."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import Request, Response

from capitalino.kit.errors import AppError
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.service.outcomes import Reached, State

REACHED = Reached(State.OPEN, datetime(2026, 3, 20, tzinfo=UTC), refresh_secret="r", device_secret="d")


def browser(public_url: str = "http://localhost:8000", **more: Any) -> Browser:
    return Browser(public_url, (), **({"is_production": False} | more))


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "client": ("192.0.2.1", 1)})


def cookies(made: Browser, **headers: str) -> list[str]:
    response = Response()
    made.keep(request(**headers), response, REACHED)
    return response.headers.getlist("set-cookie")


def test_over_https_cookies_belong_to_this_host_alone() -> None:
    for refresh, device in (
        cookies(browser("https://capitalino.example")),
        cookies(browser(is_production=True)),
        cookies(browser(), x_forwarded_proto="https"),
    ):
        for cookie in (refresh, device):
            assert cookie.startswith("__Host-capitalino_")
            assert "Secure" in cookie
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            assert "Path=/" in cookie
            assert "Domain" not in cookie


def test_on_this_machine_they_have_plain_names() -> None:
    refresh, device = cookies(browser())
    assert refresh.startswith("capitalino_refresh=r;")
    assert "Secure" not in refresh + device
    assert "Max-Age" not in refresh
    assert "Max-Age" in device


def test_the_address_is_what_our_edge_says() -> None:
    made = browser()
    assert made.caller(request(x_real_ip="198.51.100.7")).address == "198.51.100.7"
    assert made.caller(request()).address == "192.0.2.1"


def test_a_device_cookie_that_is_none_of_ours_is_left_out() -> None:
    made = browser()
    assert made.caller(request(cookie=f"capitalino_device={'x' * 101}")).device is None
    assert made.caller(request(cookie="capitalino_device=abc")).device == "abc"


@pytest.mark.parametrize(
    "origin", ["null", "https://localhost:8000", "http://localhost:8001", "http://evil.example"]
)
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    with pytest.raises(AppError):
        browser().must_be_ours(request(origin=origin))


def test_our_own_pages_and_programs_pass() -> None:
    browser().must_be_ours(request(origin="http://localhost:8000"))
    browser().must_be_ours(request())
    Browser("http://a.example", ("http://b.example/",), is_production=False).must_be_ours(
        request(origin="http://b.example")
    )
