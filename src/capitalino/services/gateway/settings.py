"""Where the gateway looks to see whether the platform is well."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from capitalino.kit.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """Addresses of everything that has to answer before the platform is ready."""

    model_config = SettingsConfigDict(env_prefix="CAPITALINO_GATEWAY_")

    services: dict[str, str] = Field(
        {},
        description='Each service\'s own address, as JSON: {"ledger": "http://ledger:8000"}.',
    )
    postgres: str | None = Field(None, description="PostgreSQL's host:port.")
    nats: str | None = Field(None, description="NATS's host:port.")
    valkey: str | None = Field(None, description="Valkey's host:port.")
    sandbox: str | None = Field(None, description="The sandbox's host:port, where one stands in.")

    @property
    def servers(self) -> dict[str, str]:
        """The servers that are set."""
        known = {
            "postgres": self.postgres,
            "nats": self.nats,
            "valkey": self.valkey,
            "sandbox": self.sandbox,
        }
        return {name: address for name, address in known.items() if address}
