"""The light import of ccxt, and the plain one when ccxt has changed inside."""

import subprocess
import sys

import pytest

LIGHT = """
import sys
from capitalino.venues.ccxt_import import client_class
client = client_class("binance")
assert client({}).id == "binance"
assert hasattr(client, "watch_tickers")
others = [name for name in sys.modules if name.startswith("ccxt.async_support.") and name.count(".") == 2]
assert not any(name.endswith(("kraken", "okx", "coinbase")) for name in others), others
import ccxt
assert ccxt.NetworkError and ccxt.pro.binance is client
"""

SECOND = """
from capitalino.venues.ccxt_import import client_class
first, second = client_class("binance"), client_class("kraken")
assert second({}).id == "kraken"
assert client_class("binance") is first
import ccxt
assert ccxt.pro.kraken is second
assert not hasattr(ccxt.pro, "okx")
"""

PLAIN = """
import sys
from capitalino.venues import ccxt_import
def broken(name):
    import ccxt.base.errors
    raise AttributeError("ccxt has changed inside")
ccxt_import._import_bare = broken
assert ccxt_import.client_class("binance")({}).id == "binance"
import ccxt.pro
assert ccxt.pro.kraken
"""

ALREADY = """
import ccxt.pro
from capitalino.venues.ccxt_import import client_class
assert client_class("binance") is ccxt.pro.binance
"""


@pytest.mark.parametrize(
    "script", [LIGHT, SECOND, PLAIN, ALREADY], ids=["light", "second", "plain", "already"]
)
def test_the_client_is_there_whichever_way_it_was_imported(script: str) -> None:
    subprocess.run([sys.executable, "-c", script], check=True)
