"""The price list: read by quotes, added to by two of the staff."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from capitalino.kit import audit
from capitalino.kit.approvals import Approval
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.money import ASSETS
from capitalino.services.payments.domain.payments import Terms
from capitalino.services.payments.domain.terms import ALL, ListedTerms, is_sound
from capitalino.services.payments.errors.payments import PairUnsupported
from capitalino.services.payments.errors.staff import TermsInvalid, TermsNotPast
from capitalino.services.payments.service.asking import Asked, Asking, Reached
from capitalino.services.payments.store import terms as store


class PriceList:
    """Rows are asked for by one and granted by another; each counts from its time on."""

    def __init__(self, db: Database, asking: Asking, clock: Clock) -> None:
        self._db, self._asking, self._clock = db, asking, clock

    async def page(self, wanted: Page) -> list[tuple[int, ListedTerms]]:
        """All rows with their positions, the newest first."""
        async with self._db.begin() as tx:
            return await store.page(tx, wanted)

    async def ask(
        self, asked: Asked, pair: tuple[str, str], terms: Terms, valid_from: datetime | None
    ) -> Reached:
        """Ask for a row that counts from then on; None: from when it is granted."""
        known = await self._asking.known(asked)
        if known is not None:
            return await self._asking.find(known, is_repeat=True)
        _check(pair, terms)
        if valid_from is not None and valid_from < self._clock.now():
            raise TermsNotPast("The price list is not changed for what has passed.")
        payload = {
            "base": pair[0],
            "quote": pair[1],
            "spread": f"{terms.spread:f}",
            "fee": f"{terms.fee:f}",
            "valid_from": valid_from.isoformat() if valid_from else None,
        }
        async with self._db.begin() as tx:
            approval_id, is_new = await self._asking.ask(tx, asked, "terms", payload)
        return await self._asking.find(approval_id, is_repeat=not is_new)

    async def look(self, asked: Approval) -> None:
        """Nobody else has to be asked."""

    async def carry_out(self, tx: Tx, granted: Approval, approved_by: UUID) -> None:
        """Add the row, exactly as it was asked for. One granted late counts from then on."""
        asked = granted.payload
        pair, terms = (asked["base"], asked["quote"]), Terms(Decimal(asked["spread"]), Decimal(asked["fee"]))
        _check(pair, terms)
        valid_from = datetime.fromisoformat(asked["valid_from"]) if asked["valid_from"] else None
        begins = valid_from or self._clock.now()
        new = ListedTerms(new_id(), *pair, terms, begins, granted.approval_id, granted.asked_by, approved_by)
        await store.add(tx, new, valid_from)
        details = {"spread": asked["spread"], "fee": asked["fee"], "approval": str(granted.approval_id)}
        subject = f"terms:{pair[0]}/{pair[1]}"
        await audit.record(tx, str(approved_by), "payments.terms_added", subject, details)


def _check(pair: tuple[str, str], terms: Terms) -> None:
    if not is_sound(terms):
        raise TermsInvalid("Spread and fee are parts of one, with eight decimals at most.")
    if pair == (ALL, ALL):
        return
    kinds = [ASSETS[code].kind if code in ASSETS else None for code in pair]
    if kinds != ["crypto", "fiat"]:
        raise PairUnsupported("These two are not exchanged directly.", assets=list(pair))
