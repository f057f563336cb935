"""The text of the edge's configuration."""

from dataclasses import replace
from pathlib import Path

import pytest

from capitalino.services.gateway.nginx import ERRORS, Edge, configuration
from tests.support.edge import module

MODULES = (module("ledger", "balances"), module("notifications", "notifications", "ws"), module("gateway"))


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    """An edge before three services."""
    return Edge(
        listen="127.0.0.1:8000",
        folder=tmp_path,
        web=tmp_path,
        log=tmp_path / "edge.log",
        asyncapi=tmp_path / "asyncapi.json",
        openapi=tmp_path / "openapi.json",
        docs_ui=tmp_path,
        services=dict.fromkeys(("ledger", "notifications", "gateway"), "127.0.0.1:1"),
        live="127.0.0.1:2",
        sandbox="127.0.0.1:3",
    )


def test_nothing_is_left_to_fill_in(edge: Edge) -> None:
    assert "${" not in configuration(MODULES, edge)


def test_the_socket_itself_is_not_routed_to_the_service(edge: Edge) -> None:
    text = configuration(MODULES, edge)
    assert "(?:(?:notifications)(?:/.*)?|ws/.+|admin/notifications(?:/.*)?)" in text


def test_every_error_of_nginx_has_an_envelope(edge: Edge) -> None:
    text = configuration(MODULES, edge)
    for status, (answered, code, _) in ERRORS.items():
        assert f"error_page {status} = /-/$failure_form/{status};" in text
        block = text.split(f"location = /-/error/{status} ")[1].split("}\n")[0]
        assert f"return {answered} " in block
        assert f'"code": "{code}"' in block


def test_the_sandbox_is_met_in_development_only(edge: Edge) -> None:
    assert "location /sandbox/" in configuration(MODULES, edge)
    assert "location /sandbox/" not in configuration(MODULES, replace(edge, development=False))


def test_only_root_names_a_user(edge: Edge) -> None:
    assert "user root;" not in configuration(MODULES, edge)
    assert "user root;" in configuration(MODULES, replace(edge, is_root=True))
