"""What a service is given."""

from typing import Any

import pytest
from sqlalchemy.schema import CreateTable

from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Schema
from capitalino.kit.module import Given
from capitalino.kit.settings import ServiceSettings, Shared


class OtherSettings(ServiceSettings):
    """Of another service."""


def given(**different: Any) -> Given:
    nothing: Any = None
    asked = {"peers": lambda protocol: f"peer for {protocol.__name__}"}
    parts = {"bus": nothing, "cache": nothing, "clock": SYSTEM, "shared": Shared(), **asked}
    return Given(**{"settings": ServiceSettings(), **parts, **different})


def test_a_service_without_schema_has_no_database() -> None:
    with pytest.raises(AssertionError, match="no schema"):
        _ = given().db
    assert given(database="a database").db == "a database"  # type: ignore[comparison-overlap]


def test_settings_have_the_type_that_the_catalogue_says() -> None:
    own = OtherSettings()
    assert given(settings=own).settings_as(OtherSettings) is own
    with pytest.raises(AssertionError, match="ServiceSettings"):
        given().settings_as(OtherSettings)


def test_a_peer_is_asked_for_by_its_protocol() -> None:
    found: Any = given().peer(OtherSettings)
    assert found == "peer for OtherSettings"


def test_a_transactions_number_is_a_type_of_postgresqls_own() -> None:
    assert str(CreateTable(Schema("thing").kit.outbox)).count(" xid8") == 1
