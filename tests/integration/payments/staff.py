"""People of the staff, and what they ask for and decide."""

from typing import Any
from uuid import UUID

from capitalino.kit.auth import Principal
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import Terms
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.domain.switches import Closure, Scope
from capitalino.services.payments.service.asking import Asked, Reached
from capitalino.services.payments.service.conversion_acts import Done, Wish
from tests.integration.payments.acts import rows
from tests.integration.payments.makers import Wired

WHY = "ticket 4711"


def somebody(*roles: str, investor_id: UUID | None = None) -> Principal:
    """A login of the staff."""
    return Principal(new_id(), new_id(), investor_id, frozenset(roles or ("operator",)))


MARA, OMID = somebody(), somebody()


def asked(who: Principal = MARA, key: str = "k1", operation: str = "any", body: Any = "x") -> Asked:
    """By somebody, with this key."""
    return Asked(who, operation, key, WHY, {"body": body})


async def grant(
    wired: Wired, approval_id: UUID | None, who: Principal = OMID, *, is_granted: bool = True
) -> Reached:
    """A second person's yes, or no."""
    assert approval_id is not None
    return await wired.desk.approvals.decide(who, approval_id, is_granted, WHY)


async def close(wired: Wired, *, key: str = "close", **scope: str) -> Closure:
    """One person closes."""
    found, _ = await wired.desk.switches.close(asked(MARA, key, "closure", str(scope)), Scope(**scope))
    return found


async def open_again(wired: Wired, closure: Closure, *, key: str = "open") -> None:
    """Two people open."""
    wanted = await wired.desk.switches.ask_to_open(asked(MARA, key, "opening"), closure.closure_id)
    await grant(wired, wanted.approval.approval_id)


async def list_terms(wired: Wired, pair: tuple[str, str], terms: Terms, *, key: str = "terms") -> Reached:
    """Two people add a row to the price list, that counts from now on."""
    wanted = await wired.desk.prices.ask(asked(MARA, key, "terms", str((pair, terms))), pair, terms, None)
    return await grant(wired, wanted.approval.approval_id)


async def act(
    wired: Wired, conversion_id: UUID, wanted: Act | Wish, *, who: Principal = MARA, key: str = "act"
) -> Done:
    """What one person does or asks for."""
    wish = wanted if isinstance(wanted, Wish) else Wish(wanted)
    body = f"{conversion_id} {wish}"
    return await wired.desk.conversions.act(asked(who, key, "conversion-act", body), conversion_id, wish)


async def audited(db: Database, subject: str) -> list[tuple[str, str]]:
    """Who did what to it, in order."""
    query = "select principal, action from payments.audit where subject = :subject order by seq"
    return [(row.principal, row.action) for row in await rows(db, query, subject=subject)]
