"""Who may say and hear what: NATS permissions and Valkey ACLs, made from what the catalogue declares."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from capitalino.kit.auth import COMMON_KEYS, SHARED_KEYS
from capitalino.kit.bus import STREAM
from capitalino.kit.module import Module
from capitalino.kit.rpc import calls, service_name
from capitalino.kit.sheaf import LINES_MAX

ADMIN = "stack"
"""Our own user in NATS and Valkey: it looks at everything, and no service has its password."""
WRITER_OF_SHARED = "auth"
"""Whether a token still stands is asked on every request: these keys are read by all and written by auth."""
Password = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Subjects:
    """What one NATS user may publish and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def subjects(module: Module) -> Subjects:
    """A service tells its own facts, asks its peers, answers for itself, hears what it declared; no more."""
    name = module.name
    sources = sorted({event.subject.split(".", 1)[0] for event in module.hears})
    publish = [f"fact.{event.subject}" for event in module.tells]
    publish += [f"signal.{subject}" for subject in module.sends]
    publish += [f"rpc.{service_name(api)}.{method}" for api in module.asks for method in calls(api)]
    publish += [f"$JS.API.STREAM.{verb}.{STREAM}" for verb in ("CREATE", "INFO", "MSG.GET")]
    publish += [f"$JS.API.DIRECT.GET.{STREAM}.fact.{name}.>"]
    for source in sources:
        durable = f"{name}-{source}"
        publish += [
            f"replay.{source}",
            f"$JS.API.CONSUMER.CREATE.{STREAM}.{durable}.fact.{source}.>",
            f"$JS.API.CONSUMER.INFO.{STREAM}.{durable}",
            f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{durable}",
            f"$JS.ACK.{STREAM}.{durable}.>",
        ]
    subscribe = [f"_INBOX_{name}.>", f"rpc.{name}.*", f"replay.{name}"]
    subscribe += [f"signal.{subject}" for subject in module.listens]
    return Subjects(tuple(publish), tuple(subscribe))


def nats_users(modules: Iterable[Module], password: Password) -> str:
    """The `authorization` block of a NATS configuration."""
    users = [f"    {{ user: {ADMIN}, password: {json.dumps(password(f'nats:{ADMIN}'))} }}"]
    for module in modules:
        may, secret = subjects(module), json.dumps(password(f"nats:{module.name}"))
        users.append(
            f"    {{ user: {module.name}, password: {secret}, permissions: {{\n"
            f"      publish: {{ allow: {json.dumps(may.publish)} }}\n"
            f"      subscribe: {{ allow: {json.dumps(may.subscribe)} }}\n"
            f'      allow_responses: {{ max: {LINES_MAX}, expires: "5s" }}\n'  # its answers come apart
            "    } }"
        )
    listed = "\n".join(users)
    return f"authorization {{\n  timeout: 3\n  users: [\n{listed}\n  ]\n}}\n"


def valkey_users(modules: Iterable[Module], password: Password) -> str:
    """A Valkey ACL file: each service has the keys that begin with its name."""
    lines = ["user default off", f"user {ADMIN} on #{_digest(password(f'valkey:{ADMIN}'))} ~* &* +@all"]
    rights = "-@all +@read +@write +@scripting +@transaction +@pubsub +@connection +time -@dangerous -@admin"
    for module in modules:
        name, secret = module.name, _digest(password(f"valkey:{module.name}"))
        mode = "~" if name == WRITER_OF_SHARED else "%R~"
        shared = " ".join(f"{mode}{pattern}" for pattern in SHARED_KEYS)
        common = " ".join(f"~{pattern}" for pattern in COMMON_KEYS)
        lines.append(f"user {name} on #{secret} resetchannels &{name}:* ~{name}:* {shared} {common} {rights}")
    return "\n".join(lines) + "\n"


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
