"""What the edge asks for under /livez and /readyz."""

from fastapi import APIRouter

from capitalino.kit import health
from capitalino.services.gateway.service import Platform


def routes(platform: Platform) -> APIRouter:
    """The health of all, as each process tells its own; a process has that under the bare names already."""
    router = APIRouter(prefix="/gateway", include_in_schema=False)
    router.include_router(health.routes(platform.health))
    return router
