"""The document of the whole API: made from the code of all services, with no server running."""

from typing import Any

from fastapi.routing import iter_route_contexts

from capitalino.app.build import application, build, is_public, who_may
from capitalino.app.catalog import chosen
from capitalino.kit.settings import Shared, load


def openapi() -> dict[str, Any]:
    """The API of all services, with no server running."""
    app = application(build(chosen(["all"]), load(Shared)))
    described = app.openapi()
    described["components"]["securitySchemes"] = {
        "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for route in iter_route_contexts(app.routes):
        if route.include_in_schema and not is_public(route):
            for method in route.methods or ():
                operation = described["paths"][route.path][method.lower()]
                operation |= {"security": [{"access_token": []}], **who_may(route, method)}
    described["paths"] = dict(sorted(described["paths"].items()))
    return described
