"""Our own processes as parts of the stack: the sandbox, the services in either shape, and the edge."""

import base64
import json
import secrets
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capitalino.app.stack import binaries
from capitalino.app.stack.bus import Nats
from capitalino.app.stack.cache import Cache
from capitalino.app.stack.certificates import certificate_for
from capitalino.app.stack.folder import Folder, replace
from capitalino.app.stack.http import answers
from capitalino.app.stack.part import Part
from capitalino.app.stack.place import Place, Shape
from capitalino.app.stack.postgres import Postgres
from capitalino.app.stack.settings import StackSettings
from capitalino.kit.module import Module
from capitalino.kit.settings import SECRETS_DIR
from capitalino.services.gateway.nginx import Edge, Tls, configuration

OPENAPI, ASYNCAPI = "openapi.json", "asyncapi.json"
STRICT: dict[str, Any] = {"requests_per_s": 20, "burst": 60, "connections": 50}
"""What one address may ask of the edge in production."""
USUAL_RATES = {"development": "sandbox", "production": "real"}
"""Who tells reference rates where nothing is set: nobody's money is exchanged at a made-up rate."""
ALL = "services"
"""The name of the process that runs every service, in the shape of one process."""


@dataclass(frozen=True, slots=True)
class Servers:
    """What the services stand on."""

    postgres: Postgres
    nats: Nats
    valkey: Cache


class Processes:
    """Makes the parts of our own code."""

    def __init__(
        self, folder: Folder, settings: StackSettings, modules: Iterable[Module], shape: Shape
    ) -> None:
        self._folder, self._settings, self._shape = folder, settings, shape
        self._modules = tuple(modules)
        self._plays_venues = settings.venues_url is None and settings.mode == "development"
        self._needs_sandbox = self._plays_venues or settings.smtp_url is None
        plays_rates = (settings.rates or USUAL_RATES[settings.mode]) == "sandbox"
        self._needs_sandbox |= plays_rates
        self._sandbox = folder.port("sandbox") if self._needs_sandbox else 0
        self._rates_url = f"http://127.0.0.1:{self._sandbox}/rates" if plays_rates else ""
        self._smtp = folder.port("sandbox-smtp") if self._needs_sandbox else 0
        self.live_port = folder.port("live")

    @property
    def names(self) -> tuple[str, ...]:
        """The processes that run services."""
        return (ALL,) if self._shape == "one" else tuple(module.name for module in self._modules)

    def port(self, service: str) -> int:
        """Where a service answers HTTP."""
        return self._folder.port(ALL if self._shape == "one" else service)

    def addresses(self) -> dict[str, str]:
        """Each service's HTTP address."""
        return {module.name: f"127.0.0.1:{self.port(module.name)}" for module in self._modules}

    def sandbox(self) -> tuple[Part, ...]:
        """The stand-ins of the outside world, unless the real one is configured."""
        if not self._needs_sandbox:
            return ()
        place = ("--port", str(self._sandbox), "--smtp-port", str(self._smtp))
        command = (
            sys.executable,
            "-m",
            "capitalino.sandbox",
            *place,
            "--folder",
            str(self._folder.root / "sandbox"),
        )
        return (
            Part(
                "sandbox",
                "Sandbox exchange and mail",
                command=command,
                ready=answers(f"http://127.0.0.1:{self._sandbox}/readyz"),
                address=f"127.0.0.1:{self._sandbox}",
            ),
        )

    def services(self, environment: Mapping[str, str]) -> tuple[Part, ...]:
        """One process with all services, or one for each."""
        return tuple(self._service(name, environment) for name in self.names)

    def _service(self, name: str, environment: Mapping[str, str]) -> Part:
        port = self._folder.port(name)
        command = [sys.executable, "-m", "capitalino.app.cli", "serve", "all" if name == ALL else name]
        command += ["--port", str(port)]
        if name == ALL or any(module.name == name and "ws" in module.words for module in self._modules):
            command += ["--live-port", str(self.live_port)]
        needs = ("migrations", "nats", "valkey", *(part.name for part in self.sandbox()))
        return Part(
            name,
            "All services" if name == ALL else name.capitalize(),
            needs=needs,
            command=tuple(command),
            environment=environment,
            ready=answers(f"http://127.0.0.1:{port}/readyz"),
            address=f"127.0.0.1:{port}",
        )

    def environment(self, place: Place, servers: Servers) -> dict[str, str]:
        """What the services are told in the open; secrets come as files."""
        auth = self.addresses().get("auth", "")
        smtp = self._settings.smtp_url
        told = {
            SECRETS_DIR: str(self._folder.secrets),
            "CAPITALINO_PUBLIC_URL": place.public_url,
            "CAPITALINO_ALSO_ORIGINS": json.dumps([place.tls_url]),
            "CAPITALINO_JWKS_URL": f"http://{auth}/api/v1/jwks",
            "CAPITALINO_SMTP_URL": smtp.get_secret_value() if smtp else f"smtp://127.0.0.1:{self._smtp}",
            "CAPITALINO_VENUES_URL": self._settings.venues_url or self._sandbox_url(),
            "CAPITALINO_MARKET_RATES_URL": self._rates_url,
            "CAPITALINO_GATEWAY_SERVICES": json.dumps(
                {n: f"http://{at}" for n, at in self.addresses().items()}
            ),
            "CAPITALINO_GATEWAY_POSTGRES": servers.postgres.address,
            "CAPITALINO_GATEWAY_NATS": servers.nats.address,
            "CAPITALINO_GATEWAY_VALKEY": servers.valkey.address,
            "CAPITALINO_GATEWAY_SANDBOX": f"127.0.0.1:{self._sandbox}" if self._needs_sandbox else "",
        }
        return {name: value for name, value in told.items() if value}

    def _sandbox_url(self) -> str:
        """Where the stand-in of all exchanges is; nowhere in production."""
        return f"http://127.0.0.1:{self._sandbox}" if self._plays_venues else ""

    def write_secrets(self, servers: Servers) -> None:
        """Each service's URLs, with its own user, and the keys that its settings ask to be made."""
        for module in self._modules:
            prefix = f"capitalino_{module.name}"
            self._folder.secret(f"{prefix}_nats_url", servers.nats.url(module.name))
            self._folder.secret(f"{prefix}_valkey_url", servers.valkey.url(module.name))
            if module.schema is not None:
                self._folder.secret(f"{prefix}_database_url", servers.postgres.url(f"{module.name}_app"))
                self._folder.secret(
                    f"{prefix}_owner_database_url", servers.postgres.url(f"{module.name}_owner")
                )
            make_keys(module, self._folder.secrets)

    def edge(self, place: Place) -> Part:
        """nginx, the only one that is met from outside. It comes last and goes first."""
        path = self._folder.run / "nginx.conf"
        hosts = ("localhost", "127.0.0.1", "::1", place.name)
        shown = certificate_for(hosts, self._folder.secrets)
        about = Edge(
            listen=f"{place.host}:{place.port}",
            tls=Tls(
                f"{place.host}:{place.tls_port}",
                shown.chain,
                shown.key,
                is_strict=self._settings.mode == "production",
            ),
            folder=self._folder.run,
            web=self._settings.web_dir.absolute(),
            log=self._folder.log / "edge.log",
            openapi=self._folder.run / OPENAPI,
            asyncapi=self._folder.run / ASYNCAPI,
            docs_ui=binaries.api_pages(),
            services=self.addresses(),
            live=f"127.0.0.1:{self.live_port}",
            sandbox=f"127.0.0.1:{self._sandbox}" if self._needs_sandbox else None,
            is_root=place.is_root,
            entries_per_s=self._settings.entries_a_second,
            development=self._settings.mode == "development",
            **({} if self._settings.mode == "development" else STRICT),
        )

        async def prepare() -> None:
            replace(path, configuration(self._modules, about))

        return Part(
            "edge",
            "nginx",
            needs=("api", *self.names),
            command=(binaries.nginx(), "-p", str(self._folder.run), "-c", str(path), "-e", "stderr"),
            prepare=prepare,
            ready=answers(f"http://127.0.0.1:{place.port}/readyz"),
            address=f"{place.host}:{place.port}",
            stop_signal=signal.SIGTERM,
        )


def make_keys(module: Module, folder: Path) -> None:
    """Files with the keys that a service's settings ask to be made: once, since they seal what is stored."""
    for name, field in module.settings.model_fields.items():
        extra = field.json_schema_extra
        size = extra.get("generated_bytes") if isinstance(extra, dict) else None
        path = folder / f"capitalino_{module.name}_{name}"
        if isinstance(size, int) and not path.exists():
            replace(path, base64.b64encode(secrets.token_bytes(size)).decode())
