"""What devices are called."""

import pytest

from capitalino.services.auth.domain.devices import UNKNOWN, device_name

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    "agent, name",
    [
        (CHROME, "Chrome, Windows"),
        (CHROME + " Edg/140.0", "Edge, Windows"),
        (IPHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 Chrome/130.0", "Samsung Internet, Android"),
        ("curl/8.9", "curl"),
        ("", UNKNOWN),
        ("<b>call me</b>", UNKNOWN),
    ],
)
def test_a_device_is_called_by_words_of_our_own(agent: str, name: str) -> None:
    assert device_name(agent) == name
