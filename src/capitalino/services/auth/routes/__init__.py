"""HTTP for auth: one file for each sort of resource."""

from fastapi import APIRouter

from capitalino.services.auth.routes import factors, registrations, sessions
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.service import Auth


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """All of them."""
    router = APIRouter(prefix="/api/v1", tags=["auth"])
    for part in (registrations, sessions, factors):
        router.include_router(part.routes(auth, browser))
    return router
