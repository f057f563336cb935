"""The ledger over HTTP: one file for each sort of resource. Investors see their own, staff all of it."""

from fastapi import APIRouter

from capitalino.services.ledger.routes import (
    accounts,
    approvals,
    books,
    checkpoints,
    entries,
    orders,
    own,
    statements,
)
from capitalino.services.ledger.service.chain import Chain
from capitalino.services.ledger.service.desk import Desk


def routes(desk: Desk, chain: Chain) -> APIRouter:
    """All of them."""
    router = APIRouter(prefix="/api/v1", tags=["ledger"])
    for part in (own, statements):
        router.include_router(part.routes(desk))
    for part in (accounts, entries, orders, approvals, books):
        router.include_router(part.routes(desk), prefix="/admin/ledger")
    router.include_router(checkpoints.routes(chain), prefix="/admin/ledger")
    return router
