"""The settings of example."""

from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class ExampleSettings(ServiceSettings):
    """Nothing of its own yet. A setting is a typed field with a sentence as its description."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_EXAMPLE_")
