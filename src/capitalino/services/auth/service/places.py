"""Where things of a login are sealed and counted, and from where somebody tries."""

from uuid import UUID

from capitalino.kit.crypto import secret_hash
from capitalino.kit.db import Tx
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import network_of, same_address
from capitalino.services.auth.service.throttling import Place
from capitalino.services.auth.store import factors

NOBODY = UUID(int=0)


class Places:
    """Keyed hashes of addresses, so that the counters say nothing about people."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def email(self, address: str) -> bytes:
        """How an e-mail address is found."""
        return self._seals.index(same_address(address), "login.email")

    def subject(self, user_id: UUID) -> bytes:
        """Under what name a login's codes are counted."""
        return self._seals.index(str(user_id), "throttle.subject")

    async def of(self, tx: Tx, user_id: UUID | None, caller: Caller) -> Place:
        """A known device counts for itself; others by address. The same work for unknown logins."""
        hashed = secret_hash(caller.device or "")
        if await factors.knows_device(tx, user_id or NOBODY, hashed):
            return Place(hashed, is_known=True)
        return Place(self._seals.index(network_of(caller.address), "throttle.origin"), is_known=False)
