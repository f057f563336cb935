"""The market over HTTP: what is traded, reference rates, and what staff see and do about both."""

from fastapi import APIRouter

from capitalino.services.market.routes import prices as traded
from capitalino.services.market.routes import rates as reference
from capitalino.services.market.routes import releases as approvals
from capitalino.services.market.routes import staff
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.history import History
from capitalino.services.market.service.live import Live
from capitalino.services.market.service.rate_sources import RateSources
from capitalino.services.market.service.releases import Releases


def routes(
    live: Live, catalogue: Catalogue, history: History, sources: RateSources, releases: Releases
) -> APIRouter:
    """All of the market's paths."""
    router = APIRouter(prefix="/api/v1", tags=["market"])
    router.include_router(traded.routes(catalogue, live.prices, history))
    router.include_router(reference.routes(sources.rates, sources.past))
    router.include_router(staff.routes(live.prices, sources.rates, live.feeds), prefix="/admin/market")
    router.include_router(approvals.routes(releases), prefix="/admin/market")
    return router
