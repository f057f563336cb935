"""Which exchanges payments uses, as whom, and what they take."""

from decimal import Decimal

from pydantic import Field, SecretStr

from capitalino.kit.settings import ServiceSettings
from capitalino.venues import VenueName

ALL: tuple[VenueName, ...] = ("binance", "kraken", "okx", "coinbase")


def _key(what: str) -> SecretStr | None:
    found: SecretStr | None = Field(None, description=f"{what}; unset: it is used with a stand-in only.")
    return found


def _fee(part: str, venue: str) -> Decimal:
    what = f"What {venue} takes of an order, as a part of it: your own tier's."
    found: Decimal = Field(Decimal(part), ge=0, lt=1, description=what)
    return found


class VenueChoice(ServiceSettings):
    """Where orders go and deposits arrive."""

    venues: tuple[VenueName, ...] = Field(
        ALL, min_length=1, description="Where orders are placed; where all else is equal, an earlier one."
    )
    deposit_venue: VenueName = Field("binance", description="The exchange where deposits arrive.")
    binance_key: SecretStr | None = _key("The key of our account at Binance")
    binance_secret: SecretStr | None = _key("Its secret")
    kraken_key: SecretStr | None = _key("The key of our account at Kraken")
    kraken_secret: SecretStr | None = _key("Its secret, in base64 as Kraken gives it")
    okx_key: SecretStr | None = _key("The key of our account at OKX")
    okx_secret: SecretStr | None = _key("Its secret")
    okx_passphrase: SecretStr | None = _key("The passphrase that OKX asks for beside it")
    coinbase_key: SecretStr | None = _key("The key of our account at Coinbase")
    coinbase_secret: SecretStr | None = _key("Its secret")
    binance_fee: Decimal = _fee("0.001", "Binance")
    kraken_fee: Decimal = _fee("0.004", "Kraken")
    okx_fee: Decimal = _fee("0.001", "OKX")
    coinbase_fee: Decimal = _fee("0.006", "Coinbase")
    book_kept_s: float = Field(
        1.0, ge=0, le=30, description="How long an exchange's book is used before it is read again."
    )
    book_within_s: float = Field(
        0.5, gt=0, le=5, description="How long is waited for the books; who is later is left out."
    )
    split_from: Decimal = Field(
        Decimal("0.0005"), ge=0, le=1, description="An order is split where that saves more of it; 1: never."
    )

    def fee(self, venue: str) -> Decimal:
        """What a venue takes of an order."""
        found: Decimal = getattr(self, f"{venue}_fee")
        return found
