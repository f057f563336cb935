"""How much one principal may ask for in a minute, by what a request does: reads, writes, moves money."""

from dataclasses import dataclass
from typing import Literal

from capitalino.kit.auth.principals import Principal
from capitalino.kit.limits import Allowance, Limit, Limits
from capitalino.kit.settings import Shared

Group = Literal["reads", "writes", "money"]
MINUTE_S = 60
ALLOWANCE = "capitalino.allowance"
"""Where a request's allowance is kept, for the headers of its answer."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """Behind the limits by address at the edge: one address is an office, one principal is one person or key.

    Without the cache, reading and writing are counted in each process alone; of money a fifth is let through.
    """

    limits: Limits
    groups: dict[Group, Limit]

    @classmethod
    def of(cls, limits: Limits, shared: Shared) -> "Quotas":
        """As the settings say."""
        return cls(
            limits,
            {
                "reads": Limit("reads", shared.reads_a_minute, MINUTE_S, "open"),
                "writes": Limit("writes", shared.writes_a_minute, MINUTE_S, "open"),
                "money": Limit("money", shared.money_a_minute, MINUTE_S, "closed"),
            },
        )

    async def count(self, principal: Principal, group: Group) -> Allowance:
        """Count a request. An API key counts for itself, a login's sessions together."""
        whose = principal.session_id if principal.scopes is not None else principal.user_id
        return await self.limits.count(self.groups[group], str(whose))
