"""The human queue over HTTP: what waits for people, and what they do with it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from capitalino.contracts.money_wire import AmountText
from capitalino.kit.auth import Staff
from capitalino.kit.http import IdempotencyKey, Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.routes.cases import ConversionCaseOut, DepositCaseOut, KeptQuoteOut
from capitalino.services.payments.routes.shapes import ONCE, In, Mover, ReasonText, told_as
from capitalino.services.payments.service.asking import Asked
from capitalino.services.payments.service.conversion_acts import Done, Wish
from capitalino.services.payments.service.desk import Desk

StateQuery = Annotated[
    Literal["unknown", "in_review"] | None, Query(description="Only these; left out: both.")
]


class ConversionActIn(In):
    """What to do. For booking: which order; where the venue has not told us, how it has executed it."""

    act: Literal[Act.TRY_AGAIN, Act.GIVE_BACK, Act.BOOK]
    attempt: int | None = None
    base: AmountText | None = None
    quote: AmountText | None = None
    reason: ReasonText

    def wish(self) -> Wish:
        """As the service takes it."""
        return Wish(self.act, self.attempt, self.base, self.quote)


class DepositActIn(In):
    """What to do. For crediting what no tag names: whose it is."""

    act: Literal[Act.TRY_AGAIN, Act.CREDIT]
    investor_id: UUID | None = None
    reason: ReasonText


class ActOut(BaseModel):
    """Done at once; or `asked`, and somebody else decides about the approval."""

    payment_id: UUID
    act: Act
    state: Literal["done", "asked"]
    approval_id: UUID | None


ACTING = """
Do something with one that is in review: where its `acts` name it, and as long as it stands where it stood.

`try_again` is done at once: the machine goes on from its step. `give_back` refuses it and gives the money
back, `book` books an order that the venue has executed: both wait for a second person (`approval_id`).

Refuses: `payments.not_found`, `payments.act_not_possible`, `payments.moved_on`, `payments.fill_invalid`,
`payments.books_disagree`, and `payments.books_unread` while the ledger is away.
"""


def routes(desk: Desk) -> APIRouter:
    """The queue, single payments, what is done with them, and quotes."""
    router = APIRouter(tags=["payments in review"])

    @router.get("/queue/conversions")
    async def waiting_conversions(
        _: Staff, page: PageQuery, state: StateQuery = None
    ) -> Listed[ConversionCaseOut]:
        """Conversions that are unknown or in review, the oldest first."""
        rows = await desk.queue.conversions(_states(state), page)
        cursor = encode_cursor(rows[-1][0]) if len(rows) == page.limit else None
        return listed([ConversionCaseOut.of(one) for _, one in rows], page, next_cursor=cursor)

    @router.get("/queue/deposits")
    async def waiting_deposits(_: Staff, page: PageQuery, state: StateQuery = None) -> Listed[DepositCaseOut]:
        """Deposits that are in review, the oldest first."""
        rows = await desk.queue.deposits(_states(state), page)
        cursor = encode_cursor(rows[-1][0]) if len(rows) == page.limit else None
        return listed([DepositCaseOut.of(one) for _, one in rows], page, next_cursor=cursor)

    @router.get("/conversions/{conversion_id}", name="read_conversion_case")
    async def conversion(_: Staff, conversion_id: UUID) -> Success[ConversionCaseOut]:
        """A conversion with all that there is to know. Refuses: `payments.not_found`."""
        return ok(ConversionCaseOut.of(await desk.queue.conversion(conversion_id)))

    @router.get("/deposits/{deposit_id}", name="read_deposit_case")
    async def deposit(_: Staff, deposit_id: UUID) -> Success[DepositCaseOut]:
        """The same of a deposit. Refuses: `payments.not_found`."""
        return ok(DepositCaseOut.of(await desk.queue.deposit(deposit_id)))

    @router.get("/quotes/{quote_id}", name="read_kept_quote")
    async def quote(_: Staff, quote_id: UUID) -> Success[KeptQuoteOut]:
        """A quote, and how it came about. Refuses: `payments.not_found`."""
        return ok(KeptQuoteOut.of(await desk.queue.quote(quote_id)))

    @router.post("/conversions/{conversion_id}/acts", description=ACTING, **ONCE)
    async def act_on_conversion(
        conversion_id: UUID, body: ConversionActIn, who: Mover, key: IdempotencyKey, response: Response
    ) -> Success[ActOut]:
        """Try again, give back, or book."""
        sent = body.model_dump(mode="json") | {"conversion_id": str(conversion_id)}
        asked = Asked(who, "conversion-act", key, body.reason, sent)
        done = await desk.conversions.act(asked, conversion_id, body.wish())
        return _told(response, conversion_id, body.act, done)

    @router.post("/deposits/{deposit_id}/acts", **ONCE)
    async def act_on_deposit(
        deposit_id: UUID, body: DepositActIn, who: Mover, key: IdempotencyKey, response: Response
    ) -> Success[ActOut]:
        """Try again, at once; or credit what only people can judge, which waits for a second person."""
        sent = body.model_dump(mode="json") | {"deposit_id": str(deposit_id)}
        asked = Asked(who, "deposit-act", key, body.reason, sent)
        done = await desk.deposits.act(asked, deposit_id, body.act, body.investor_id)
        return _told(response, deposit_id, body.act, done)

    return router


def _states(
    state: Literal["unknown", "in_review"] | None,
) -> tuple[Literal[State.UNKNOWN, State.IN_REVIEW], ...]:
    """One of both, or both."""
    both: tuple[Literal[State.UNKNOWN, State.IN_REVIEW], ...] = (State.UNKNOWN, State.IN_REVIEW)
    return tuple(one for one in both if state in (None, one.value))


def _told(response: Response, payment_id: UUID, act: Act, done: Done) -> Success[ActOut]:
    told_as(response, is_repeat=done.is_repeat)
    state: Literal["done", "asked"] = "done" if done.approval_id is None else "asked"
    return ok(ActOut(payment_id=payment_id, act=act, state=state, approval_id=done.approval_id))
