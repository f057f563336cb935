"""What can be set about fiat reference rates: whom we ask, and what we believe."""

from decimal import Decimal
from typing import Literal

from pydantic import Field, SecretStr

from capitalino.kit.settings import ServiceSettings

SourceName = Literal["ecb", "frankfurter", "frankfurter_v2", "oxr"]
ALL: tuple[SourceName, ...] = ("ecb", "frankfurter", "frankfurter_v2", "oxr")
HTTP = r"^https?://[^\s?#]+[^\s?#/]$"


class RateSettings(ServiceSettings):
    """The market's settings about fiat reference rates."""

    rates_sources: tuple[SourceName, ...] = Field(ALL, description="The sources of reference rates.")
    rates_url: str | None = Field(
        None, pattern=HTTP, description="A sandbox that speaks for all sources; unset: their own addresses."
    )
    rates_ecb_url: str = Field(
        "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml",
        pattern=HTTP,
        description="The daily file of the European Central Bank.",
    )
    rates_frankfurter_url: str = Field(
        "https://api.frankfurter.dev", pattern=HTTP, description="Frankfurter, without the version's path."
    )
    rates_oxr_url: str = Field(
        "https://openexchangerates.org/api/latest.json",
        pattern=r"^https://[^\s?#]+$",
        description="Open Exchange Rates; never in the clear, for the app id goes there.",
    )
    rates_oxr_app_id: SecretStr | None = Field(
        None, min_length=1, description="The app id; without one Open Exchange Rates is not asked."
    )
    rates_history: str | None = Field(
        None,
        min_length=1,
        description="The ECB's file of past days, zip or csv, as path or URL; unset: none.",
    )
    rates_seed: bool = Field(
        default=True, description="Begin with the file of past days that is shipped, where none is known."
    )
    rates_daily_every_s: int = Field(1800, ge=1, le=86_400, description="How often a daily file is read.")
    rates_live_every_s: int = Field(3600, ge=1, le=86_400, description="How often a live source is read.")
    rates_timeout_s: float = Field(5, gt=0, le=8, description="A source that takes longer has failed.")
    rates_quorum: int = Field(1, ge=1, le=4, description="So many independent sources must agree.")
    rates_apart_max: Decimal = Field(
        Decimal("0.01"), gt=0, lt=1, description="A source farther from the middle is left out (a part)."
    )
    rates_jump_max: Decimal = Field(
        Decimal("0.05"), gt=0, lt=1, description="A rate farther from the last good one is held (a part)."
    )
    rates_live_age_max_s: int = Field(7200, ge=1, le=86_400, description="A live source is stale after that.")
    rates_daily_late_s: int = Field(
        14_400, ge=0, le=86_400, description="How late a daily file may come before the last one is stale."
    )
