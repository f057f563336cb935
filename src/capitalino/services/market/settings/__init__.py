"""What can be set in the market."""

from decimal import Decimal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from capitalino.services.market.settings.rates import RateSettings
from capitalino.venues import VenueName


class MarketSettings(RateSettings):
    """Where prices come from, and how old they may be."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_MARKET_")

    venues: tuple[VenueName, ...] = Field(
        ("binance", "kraken", "okx", "coinbase"),
        description="The venues whose prices are read, those whose candles count more first.",
    )
    price_quorum: int = Field(
        2, ge=1, le=4, description="So many venues must agree on a price; all, where fewer list it."
    )
    price_apart_max: Decimal = Field(
        Decimal("0.01"), gt=0, lt=1, description="A venue farther from the middle is left out (a part)."
    )
    price_age_max_s: float = Field(10, gt=0, le=300, description="An older price is refused, not served.")
    signal_pause_s: float = Field(
        0.25, ge=0.05, le=10, description="The least time between two signals about one instrument."
    )
    silence_max_s: int = Field(
        5, gt=0, le=300, description="A feed that says nothing for so long is connected anew."
    )
    quiet_max_s: float = Field(
        4, gt=0, le=300, description="An instrument of which a feed says nothing for so long is asked for."
    )
    reconnect_s: float = Field(1, gt=0, le=60, description="The pause before a lost feed is connected again.")
    minutes_every_s: float = Field(2, gt=0, le=60, description="How often the candles of minutes are stored.")
    history_every_s: float = Field(
        30, gt=0, le=3600, description="How often closed candles are asked for at the venue."
    )
    close_grace_s: float = Field(
        5,
        ge=0,
        le=600,
        description="How long after its end a candle counts as closed: venues finish it late.",
    )
    days_back: int = Field(800, ge=731, le=5000, description="Daily candles that are filled in at first.")
    hours_back: int = Field(2160, ge=48, le=20_000, description="Hourly candles that are filled in at first.")
    minutes_back: int = Field(2880, ge=1500, le=20_000, description="Candles of minutes filled in at first.")
    minutes_kept_days: int = Field(
        90, ge=3, le=3650, description="Candles of minutes are thrown away after so many days."
    )
