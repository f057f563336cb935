"""The gate that everything new passes: refused where staff have closed its flow, asset or venue."""

from collections.abc import Iterable

from capitalino.kit.db import Tx
from capitalino.services.payments.domain.switches import Flow
from capitalino.services.payments.errors.staff import FlowClosed
from capitalino.services.payments.store import switches as store


class Gate:
    """Asked in the transaction that begins the work, and kept nowhere."""

    def __init__(self, venue: str) -> None:
        self._venue = venue

    async def check(self, tx: Tx, flow: Flow, assets: Iterable[str]) -> None:
        """FlowClosed where it is closed. Who closes waits until this transaction has ended."""
        wanted = tuple(assets)
        for one in await store.closed(tx):
            if one.scope.covers(flow, wanted, self._venue):
                told = {"flow": flow.value, "asset": one.scope.asset}
                raise FlowClosed("This is closed for now.", **told)
