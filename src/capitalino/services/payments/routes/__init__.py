"""Payments over HTTP: one file for each sort of resource. Investors see their own, staff what waits."""

from fastapi import APIRouter

from capitalino.services.payments.routes import (
    approvals,
    history,
    investor,
    prices,
    providers,
    queue,
    switches,
)
from capitalino.services.payments.service.conversions import Conversions
from capitalino.services.payments.service.deposits import Deposits
from capitalino.services.payments.service.desk import Desk
from capitalino.services.payments.service.history import History
from capitalino.services.payments.service.quotes import Quotes


def routes(
    quotes: Quotes, conversions: Conversions, deposits: Deposits, past: History, desk: Desk
) -> APIRouter:
    """All of them."""
    router = APIRouter(prefix="/api/v1")
    router.include_router(investor.routes(quotes, conversions, deposits))
    router.include_router(history.routes(past), prefix="/admin/payments")
    for part in (prices, switches, queue, approvals, providers):
        router.include_router(part.routes(desk), prefix="/admin/payments")
    return router
