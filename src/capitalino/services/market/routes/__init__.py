"""The market over HTTP: one file for each sort of resource."""

from fastapi import APIRouter

from capitalino.services.market.routes import prices as traded
from capitalino.services.market.routes import rates as reference
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.history import History
from capitalino.services.market.service.prices import Prices
from capitalino.services.market.service.rates import Rates


def routes(catalogue: Catalogue, prices: Prices, history: History, rates: Rates) -> APIRouter:
    """All of the market's paths."""
    router = APIRouter(prefix="/api/v1", tags=["market"])
    router.include_router(traded.routes(catalogue, prices, history))
    router.include_router(reference.routes(rates))
    return router
