"""The gate that everything new passes: refused where staff have closed its flow, asset or venue."""

from collections.abc import Iterable, Sequence

from capitalino.kit.db import Tx
from capitalino.services.payments.domain.switches import Closure, Flow
from capitalino.services.payments.errors.staff import FlowClosed
from capitalino.services.payments.store import switches as store


class Gate:
    """Asked in the transaction that begins the work, and kept nowhere."""

    def __init__(self, orders: Sequence[str], deposits: str) -> None:
        self._venues = {Flow.CONVERSION: tuple(orders) or (deposits,), Flow.CRYPTO_DEPOSIT: (deposits,)}

    async def check(self, tx: Tx, flow: Flow, assets: Iterable[str]) -> None:
        """FlowClosed where every venue of it is closed. Who closes waits until this transaction has ended."""
        wanted = tuple(assets)
        shut = _shut(await store.closed(tx), flow, wanted, self._venues[flow])
        if len(shut) == len(self._venues[flow]):
            told = {"flow": flow.value, "asset": next(iter(shut.values())).scope.asset}
            raise FlowClosed("This is closed for now.", **told)

    async def open_venues(self, tx: Tx, assets: Iterable[str]) -> tuple[str, ...]:
        """Where a conversion that has begun may be ordered: not where it is closed, unless it is everywhere.

        For what has begun is finished.
        """
        venues = self._venues[Flow.CONVERSION]
        shut = _shut(await store.standing(tx), Flow.CONVERSION, tuple(assets), venues)
        return tuple(name for name in venues if name not in shut) or venues


def _shut(
    closures: Iterable[Closure], flow: Flow, assets: tuple[str, ...], venues: Iterable[str]
) -> dict[str, Closure]:
    """Which of the venues are closed, each by the first that does it."""
    shut: dict[str, Closure] = {}
    for one in closures:
        for name in venues:
            if name not in shut and one.scope.covers(flow, assets, name):
                shut[name] = one
    return shut
