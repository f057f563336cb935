"""The settings of analytics."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class AnalyticsSettings(ServiceSettings):
    """How long a live price counts."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_ANALYTICS_")

    price_age_max_s: float = Field(
        30.0, gt=0, description="A live price older than this gives way to the last close."
    )
