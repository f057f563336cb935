"""A held rate is let go by two of the staff: one asks for it, another grants it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from capitalino.kit import approvals, audit, idempotency
from capitalino.kit.approvals import Approval, Decision
from capitalino.kit.auth import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.kit.pages import CursorUnknown, Page
from capitalino.services.market.domain.evaluation import Evaluation, Good, Refusal
from capitalino.services.market.domain.prices import bare
from capitalino.services.market.domain.rates import apart, canonical
from capitalino.services.market.errors import RateMovedOn, RateNotHeld
from capitalino.services.market.service.rates import Rates
from capitalino.services.market.store import approvals as store
from capitalino.services.market.store import rates as rates_store

OPEN_FOR = timedelta(days=1)
"""So long it may be decided. A rate that was right yesterday is looked at anew."""
WHAT = "rate_release"


@dataclass(frozen=True, slots=True)
class Reached:
    """What was asked, whether it can still be decided, and whether it was asked or decided before."""

    approval: Approval
    is_expired: bool
    is_repeat: bool = False

    @property
    def state(self) -> Literal["asked", "granted", "refused", "expired"]:
        """How far it is."""
        return "expired" if self.is_expired else self.approval.state


class Releases:
    """Lets a held rate go, as it was seen by whoever asked for it."""

    def __init__(self, db: Database, rates: Rates, clock: Clock) -> None:
        self._db, self._rates, self._clock = db, rates, clock

    async def page(self, state: str | None, wanted: Page) -> tuple[list[Reached], str | None]:
        """What was asked for, the newest first; and where the next page begins."""
        before = _position(wanted)
        async with self._db.begin() as tx:
            found = await store.page(tx, state, before=before, offset=wanted.offset, limit=wanted.limit + 1)
        shown = [self._reached(one) for one in found[: wanted.limit]]
        last = shown[-1].approval if len(found) > wanted.limit else None
        return shown, None if last is None else f"{last.asked_at.isoformat()}|{last.approval_id}"

    async def find(self, approval_id: UUID, *, is_repeat: bool = False) -> Reached:
        """One of them."""
        async with self._db.begin() as tx:
            return self._reached(await approvals.find(tx, approval_id), is_repeat=is_repeat)

    async def ask(self, who: Principal, key: str, pair: tuple[str, str], reason: str) -> Reached:
        """Ask that the rate which is held now be good. The same key again changes nothing."""
        base, quote = canonical(*pair)
        body = {"base": base, "quote": quote, "reason": reason}
        claim = idempotency.Key(who.user_id, WHAT, key, body)
        async with self._db.begin() as tx:
            known = await idempotency.find(tx, claim)
            if known is None:
                held = _held(await self._rates.judge(tx, (base, quote)))
                wanted, now = new_id(), self._clock.now()
                known = await idempotency.claim(tx, claim, wanted)
                if known == wanted:
                    told = body | {"rate": f"{bare(held.rate):f}"}
                    await approvals.ask(tx, Approval(wanted, WHAT, told, who.user_id, now, now + OPEN_FOR))
                    subject = f"approval:{wanted}"
                    await audit.record(tx, str(who.user_id), f"market.{WHAT}_asked", subject, told)
                    return self._reached(await approvals.find(tx, wanted))
        return await self.find(known, is_repeat=True)

    async def decide(self, who: Principal, approval_id: UUID, decision: Decision) -> Reached:
        """Grant or refuse what somebody else has asked for. The same decision again changes nothing."""
        async with self._db.begin() as tx:
            is_new = (await approvals.find(tx, approval_id, lock=True)).state == "asked"
            decided = await approvals.decide(tx, approval_id, decision, self._clock.now())
            if is_new and decision.is_granted:
                await self._let_go(tx, decided)
            if is_new:
                details = {"reason": decision.reason, "asked_by": str(decided.asked_by)}
                action = f"market.{WHAT}_{decision.state}"
                await audit.record(tx, str(who.user_id), action, f"approval:{approval_id}", details)
        return await self.find(approval_id, is_repeat=not is_new)

    async def _let_go(self, tx: Tx, granted: Approval) -> None:
        pair = granted.payload["base"], granted.payload["quote"]
        held = _held(await self._rates.judge(tx, pair, lock=True))
        if apart(held.rate, Decimal(granted.payload["rate"])) > self._rates.rules.apart_max:
            raise RateMovedOn("The sources say something else by now: look again.", rate=f"{held.rate:f}")
        await rates_store.keep_good(tx, {pair: held}, self._clock.now())

    def _reached(self, approval: Approval, *, is_repeat: bool = False) -> Reached:
        is_expired = approval.state == "asked" and self._clock.now() >= approval.expires_at
        return Reached(approval, is_expired, is_repeat)


def _held(judged: Evaluation) -> Good:
    if judged.refusal is not Refusal.HELD or judged.found is None:
        raise RateNotHeld("This rate is not held.", base=judged.base, quote=judged.quote)
    return Good(judged.found, len({opinion.source.group for opinion in judged.accepted}))


def _position(page: Page) -> tuple[datetime, UUID] | None:
    if page.after is None:
        return None
    at, _, last = page.after.partition("|")
    try:
        return datetime.fromisoformat(at), UUID(last)
    except ValueError:
        raise CursorUnknown("The cursor is not one of ours.") from None
