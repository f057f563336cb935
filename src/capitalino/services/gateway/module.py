"""How the gateway is put together."""

from capitalino.kit.module import Given, Module, Parts
from capitalino.services.gateway.routes import routes
from capitalino.services.gateway.service import Platform
from capitalino.services.gateway.settings import GatewaySettings


def build(given: Given) -> Parts:
    """Wire it; nothing is opened."""
    settings = given.settings_as(GatewaySettings)
    platform = Platform(settings.services, settings.servers, given.clock)
    return Parts(router=routes(platform), resources=(platform.open,))


module = Module(name="gateway", build=build, settings=GatewaySettings)
