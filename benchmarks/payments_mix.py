"""The mix of faults: what befalls orders and questions at the exchanges, how often, by chance of a seed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

from capitalino.sandbox.faults import Fault, Faults

READS = ("look_up", "fills", "order", "book")
HANGING = ("look_up", "fills")


def _placing(fault: str, rate: float, **more: Any) -> Fault:
    return Fault(operation="place", fault=fault, rate=rate, **more)  # type: ignore[arg-type]


MIX: tuple[Fault, ...] = (
    _placing("429", 0.016),
    _placing("5xx", 0.010),
    _placing("5xx", 0.010, status=502, executed=True),
    _placing("executed_then_dropped", 0.017),
    _placing("never_arrived", 0.008),
    _placing("garbage_200", 0.004),
    _placing("garbage_200", 0.006, executed=True),
    _placing("hang", 0.004),
    _placing("hang", 0.006, executed=True),
    _placing("latency", 0.03, delay_ms=300),
    _placing("partial_fill", 0.02),
    *(
        Fault(operation=operation, fault=fault, rate=rate, delay_ms=200)  # type: ignore[arg-type]
        for operation in READS
        for fault, rate in (
            ("429", 0.01),
            ("5xx", 0.015),
            ("never_arrived", 0.01),
            ("garbage_200", 0.01),
            ("latency", 0.03),
        )
    ),
    *(Fault(operation=operation, fault="hang", rate=0.005) for operation in HANGING),
    *(Fault(operation=operation, fault="duplicate", rate=0.02) for operation in HANGING),
)
"""At every exchange alike. Of every hundred orders, eight are refused or their answers lost."""


class Faulty:
    """The sandbox as whoever stands behind it sees it: its faults, its calls, and what it has really done."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/exchange"

    async def sow(self, seed: int) -> None:
        """Switch the mix on. After the same seed, chance is the same."""
        await self.heal()
        await self._ask("PUT", "faults/seed", {"seed": seed})
        for fault in MIX:
            await self._ask("POST", "faults", fault.model_dump(mode="json"))

    async def heal(self) -> None:
        """Switch all faults off."""
        await self._ask("DELETE", "faults")

    async def state(self) -> Any:
        """Orders by client id, calls, balances."""
        return await self._ask("GET", "state")

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as web:
            answer = await web.request(method, f"{self._url}/{path}", json=body)
        answer.raise_for_status()
        return answer.json()


def injected(seed: int, calls: Mapping[str, int]) -> Counter[tuple[str, bool]]:
    """How often each kind has struck, on placing or on reading: the same chance, played once more."""
    chance, struck = Faults(seed), Counter[tuple[str, bool]]()
    for fault in MIX:
        chance.add(fault)
    for operation in ("place", *READS):
        for _ in range(calls.get(operation, 0)):
            due = chance.due(operation)
            for fault in (*((due.ends,) if due.ends else ()), *due.alters):
                kind = fault.fault + (", executed" if fault.executed else "")
                struck[kind, operation == "place"] += 1
    return struck
