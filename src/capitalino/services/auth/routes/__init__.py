"""HTTP for auth: one file for each sort of resource."""

from fastapi import APIRouter

from capitalino.services.auth.routes import (
    activities,
    api_keys,
    factors,
    passkeys,
    passwords,
    recovery_codes,
    registrations,
    sessions,
    step_ups,
)
from capitalino.services.auth.routes.browser import Browser
from capitalino.services.auth.service import Auth


def routes(auth: Auth, browser: Browser) -> APIRouter:
    """All of them."""
    router = APIRouter(prefix="/api/v1", tags=["auth"])
    parts = (registrations, sessions, step_ups, factors, recovery_codes, passwords, passkeys, api_keys)
    for part in (*parts, activities):
        router.include_router(part.routes(auth, browser))
    return router
