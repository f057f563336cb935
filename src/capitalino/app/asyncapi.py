"""The document of what comes by itself: the socket's messages and the facts on the bus, as AsyncAPI 3."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from capitalino.app.catalog import events
from capitalino.contracts.notifications.live import LIVE

SCHEMAS = "#/components/schemas/{model}"
ABOUT = (
    "The socket tells investors what happens, without being asked. The facts are what services hear of each"
    " other; they are met on the installation's own bus only."
)
TICKET = "Of `POST /api/v1/ws/tickets`: good once, for thirty seconds."
LAST_ID = "The last `id` that was seen: what came since then follows first."


def asyncapi() -> dict[str, Any]:
    """The whole document, made from the contracts."""
    facts = events()
    told: list[type[BaseModel]] = [*LIVE, *facts]
    _, made = models_json_schema([(one, "serialization") for one in told], ref_template=SCHEMAS)
    live = [cls.__name__ for cls in LIVE]
    channels = {"socket": _socket(live)} | {one.subject: _fact(one) for one in facts}
    operations = {"hear": _heard("socket", live)}
    operations |= {f"hear.{one.subject}": _heard(one.subject, [one.__name__]) for one in facts}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Capitalino", "version": "1", "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "edge": {"host": "localhost:8443", "protocol": "wss"},
            "bus": {"host": "localhost:4222", "protocol": "nats"},
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "schemas": made["$defs"],
            "messages": {cls.__name__: _message(cls) for cls in told},
        },
    }


def _socket(messages: list[str]) -> dict[str, Any]:
    texts = {"ticket": TICKET, "last_id": LAST_ID}
    query = {name: {"type": "string", "description": told} for name, told in texts.items()}
    asked = {"type": "object", "required": ["ticket"], "properties": query}
    return {
        "address": "/api/v1/ws",
        "servers": [{"$ref": "#/servers/edge"}],
        "messages": _referred(messages),
        "bindings": {"ws": {"method": "GET", "query": asked, "bindingVersion": "0.1.0"}},
    }


def _fact(cls: Any) -> dict[str, Any]:
    return {
        "address": f"fact.{cls.subject}",
        "servers": [{"$ref": "#/servers/bus"}],
        "messages": _referred([cls.__name__]),
    }


def _heard(channel: str, messages: list[str]) -> dict[str, Any]:
    where = f"#/channels/{channel}"
    told = [{"$ref": f"{where}/messages/{name}"} for name in messages]
    return {"action": "receive", "channel": {"$ref": where}, "messages": told}


def _referred(messages: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in messages}


def _message(cls: Any) -> dict[str, Any]:
    summary = (cls.__doc__ or "").strip().splitlines()[0]
    return {"name": cls.__name__, "summary": summary, "payload": {"$ref": SCHEMAS.format(model=cls.__name__)}}
