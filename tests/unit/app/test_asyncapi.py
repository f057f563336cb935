"""The document of what comes by itself."""

import json
import re

from capitalino.app.asyncapi import asyncapi
from capitalino.app.catalog import events
from capitalino.contracts.notifications.live import LIVE


def test_every_message_of_the_socket_and_every_fact_is_in_it() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]["socket"]["messages"]) == {cls.__name__ for cls in LIVE}
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"/api/v1/ws"} | {f"fact.{event.subject}" for event in events()}


def test_it_refers_to_nothing_that_is_not_there() -> None:
    document = asyncapi()
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        found = document
        for part in reference.split("/"):
            found = found[part]
        assert found


def test_each_message_has_a_payload_and_a_sentence() -> None:
    for message in asyncapi()["components"]["messages"].values():
        assert message["summary"].endswith(".")
        assert message["payload"]["$ref"].endswith(f"/{message['name']}")
