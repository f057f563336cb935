"""What is traded and kept on the sandbox exchange, with the limits that Binance has for these pairs."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair with its filters: prices in steps of `tick`, quantities of `lot`, orders worth `cost_min`."""

    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    quantity_max: Decimal
    cost_min: Decimal = Decimal(5)

    @property
    def symbol(self) -> str:
        """As Binance writes it."""
        return self.base + self.quote


@dataclass(frozen=True, slots=True)
class Network:
    """A network on which an asset arrives, and the exchange's own address there."""

    asset: str
    network: str
    name: str
    address: str
    confirmations: int
    decimals: int
    fee: str
    least: str


PAIRS = {
    pair.symbol: pair
    for pair in (
        Pair("BTC", "EUR", Decimal("0.01"), Decimal("0.00001"), Decimal(9000)),
        Pair("ETH", "EUR", Decimal("0.01"), Decimal("0.0001"), Decimal(9000)),
        Pair("LTC", "EUR", Decimal("0.01"), Decimal("0.001"), Decimal(90_000)),
        Pair("BTC", "USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(9000)),
    )
}

NETWORKS = (
    Network("BTC", "BTC", "Bitcoin", "bc1q7v2mh97ne7m82krc43n7mzjnxtr77r7j4cdgfu", 1, 8, "0.0001", "0.0002"),
    Network(
        "ETH",
        "ETH",
        "Ethereum (ERC20)",
        "0x607044dBA29B422977aF66AC534Ce6E92dEc2C94",
        6,
        8,
        "0.0005",
        "0.001",
    ),
    Network("LTC", "LTC", "Litecoin", "ltc1qg9gjhc48wrytdstqzax2qp48f3n77utzrrwf6z", 4, 8, "0.0001", "0.002"),
    Network("USDT", "ETH", "Ethereum (ERC20)", "0x2b46dD02E5805614c91b3B676d664b11E42c8980", 6, 6, "1", "5"),
)

VENUES = ("binance", "coinbase", "kraken", "okx")
"""The exchanges, each by the name below which it is found."""

OPENING = {"EUR": "10000000", "USDT": "5000000", "BTC": "500", "ETH": "5000", "LTC": "20000"}
"""What the account at each exchange holds at the first start."""

TAKER_FEE = Decimal("0.001")
EIGHT = Decimal("0.00000001")


def text(amount: Decimal) -> str:
    """As Binance writes amounts: with eight decimals."""
    return f"{amount:.8f}"


def plain(amount: Decimal | str) -> str:
    """As OKX and Coinbase write amounts: without zeros at the end."""
    return f"{Decimal(amount).normalize():f}"


def default_network(asset: str) -> Network | None:
    """The network that is meant when none is named."""
    return next((network for network in NETWORKS if network.asset == asset), None)
