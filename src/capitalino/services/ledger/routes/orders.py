"""Money that staff move by hand: how it was sent, what is asked for, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from capitalino.contracts.ledger.api import AnyEntry, EntryAccepted, EntryOutcome, HoldUnits
from capitalino.kit.auth import Principal
from capitalino.kit.http import IdempotencyKey, Success, ok
from capitalino.kit.ids import new_id
from capitalino.services.ledger.routes.bodies import (
    Aim,
    BatchIn,
    CaptureIn,
    EntryIn,
    HoldIn,
    ReleaseIn,
    ReversalIn,
)
from capitalino.services.ledger.routes.shapes import REPLAYED, Assets, DryRun, Mover, OutcomeOut
from capitalino.services.ledger.service.amounts import Amounts
from capitalino.services.ledger.service.asking import Asked, Operation, Reached
from capitalino.services.ledger.service.desk import Desk


class AskedOut(BaseModel):
    """How far it is: `in_review` until somebody else has granted it, `settled` when the book has it.

    `asked_id` is the entry's id; of a batch, the batch's.
    """

    asked_id: UUID
    state: Literal["in_review", "pending", "settled", "refused"]
    reason: str | None
    approval_id: UUID | None
    is_dry_run: bool
    outcomes: list[OutcomeOut]
    """Of each entry, in their order; none while it is in review."""

    @classmethod
    def reached(cls, reached: Reached, assets: Assets) -> Self:
        """Of what needs somebody else's yes."""
        return cls(
            asked_id=reached.approval.approval_id,
            state=reached.state,
            reason=reached.reason,
            approval_id=reached.approval.approval_id,
            is_dry_run=False,
            outcomes=[OutcomeOut.of(one, assets) for one in reached.outcomes],
        )

    @classmethod
    def done(cls, accepted: EntryAccepted, assets: Assets) -> Self:
        """Of what was done at once."""
        told = accepted.model_dump(exclude={"repeated"}) | {"balances": accepted.balances}
        outcome = EntryOutcome(state="repeated" if accepted.repeated else "accepted", **told)
        return cls(
            asked_id=accepted.entry_id,
            state="settled",
            reason=None,
            approval_id=None,
            is_dry_run=False,
            outcomes=[OutcomeOut.of(outcome, assets)],
        )

    @classmethod
    def previewed(cls, asked_id: UUID, outcomes: Sequence[EntryOutcome], assets: Assets) -> Self:
        """Of what was only asked about."""
        refused = [one.code for one in outcomes if one.state == "refused"]
        is_refused = len(refused) == len(outcomes)
        return cls(
            asked_id=asked_id,
            state="refused" if is_refused else "settled",
            reason=refused[0] if is_refused else None,
            approval_id=None,
            is_dry_run=True,
            outcomes=[OutcomeOut.of(one, assets) for one in outcomes],
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """Who sends it, under which key, and whether they only want to know."""

    who: Principal
    key: str
    is_dry_run: bool
    response: Response


async def _sent(who: Mover, key: IdempotencyKey, response: Response, dry_run: DryRun = False) -> Sent:  # noqa: FBT002
    return Sent(who, key, dry_run, response)


SentOrder = Annotated[Sent, Depends(_sent)]
Body = EntryIn | HoldIn | CaptureIn | ReleaseIn | ReversalIn | BatchIn
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Success[AskedOut], "description": "With `dry_run=true`: what would become of it now."},
    201: REPLAYED,
}
BY_TWO = """
It is `in_review` until somebody else has granted it, within seven days, by
`POST /admin/ledger/approvals/{approval_id}/decisions`. What the book would refuse now is refused at once, and
nothing is asked for. Never on accounts of the investor that the same login acts for. With `dry_run=true`
nothing is asked for or spent.

Refuses: `ledger.entry_unsound`, `ledger.asset_unknown`, `ledger.account_unknown`, `ledger.account_barred`,
`ledger.insufficient_funds`, `ledger.ceiling_reached`, `ledger.period_closed`, `idempotency_key_reused`; of a
hold also `ledger.hold_unknown`, `ledger.hold_resolved`, `ledger.not_part`; of an entry also
`ledger.entry_unknown`, `ledger.entry_reversed`, `ledger.not_part`.
"""
AT_ONCE = """
It takes one person and is done at once, since it moves nothing. A refusal stands for its key: to try again
take another one. Never on accounts of the investor that the same login acts for. With `dry_run=true` nothing
is written or spent.

Refuses: `ledger.entry_unsound`, `ledger.asset_unknown`, `ledger.account_unknown`, `ledger.account_barred`,
`ledger.insufficient_funds`, `ledger.ceiling_reached`, `ledger.period_closed`, `idempotency_key_reused`.
"""


class Order:
    """One of them, on its way to the book. `of` is the hold or the entry that the path names."""

    def __init__(
        self, desk: Desk, sent: Sent, operation: Operation, body: Body, of: UUID | None = None
    ) -> None:
        told = body.model_dump(mode="json", exclude_unset=True) | ({} if of is None else {"of": str(of)})
        self._asked = Asked(sent.who, operation, sent.key, body.reason, told)
        self._desk, self._sent, self._body, self._of = desk, sent, body, of

    async def ask(self) -> Success[AskedOut]:
        """Ask for it: somebody else decides."""
        if self._sent.is_dry_run:
            return await self._preview()
        commands = await self._commands(self._asked.object_id)
        reached = await self._desk.adjustments.ask(self._asked, commands, whole=self._is_whole)
        return await self._told(AskedOut.reached(reached, await self._assets()), is_repeat=reached.is_repeat)

    async def do(self) -> Success[AskedOut]:
        """Do it at once."""
        if self._sent.is_dry_run:
            return await self._preview()
        (command,) = await self._commands(self._asked.object_id)
        assert isinstance(command, HoldUnits), "nothing else takes only one person"
        accepted = await self._desk.adjustments.hold(self._asked, command)
        return await self._told(AskedOut.done(accepted, await self._assets()), is_repeat=accepted.repeated)

    @property
    def _is_whole(self) -> bool:
        return isinstance(self._body, BatchIn) and self._body.whole

    async def _preview(self) -> Success[AskedOut]:
        asked_id = new_id()  # what the key stands for already says nothing of now
        commands = await self._commands(asked_id)
        outcomes = await self._desk.adjustments.preview(self._sent.who, commands, whole=self._is_whole)
        self._sent.response.status_code = 200
        return ok(AskedOut.previewed(asked_id, outcomes, await self._assets()))

    async def _commands(self, asked_id: UUID) -> Sequence[AnyEntry]:
        body, refs = self._body, [] if self._of is None else [self._of]
        if isinstance(body, BatchIn):
            refs = body.refs()
        moved = await self._desk.directory.moved_assets(refs)
        to = Aim(asked_id, self._of, Amounts(await self._assets(), moved))
        return body.commands(to) if isinstance(body, BatchIn) else [body.command(to)]

    async def _assets(self) -> Assets:
        return await self._desk.reading.assets()

    async def _told(self, answer: AskedOut, *, is_repeat: bool) -> Success[AskedOut]:
        if is_repeat:
            self._sent.response.headers["Idempotent-Replayed"] = "true"
        return ok(answer)


def routes(desk: Desk) -> APIRouter:
    """Everything here carries an `Idempotency-Key`, from which the ids of its entries follow."""
    router = APIRouter()

    @router.post("/entries", status_code=201, responses=ANSWERS, description=f"Ask for an entry.\n{BY_TWO}")
    async def post(body: EntryIn, sent: SentOrder) -> Success[AskedOut]:
        """Ask for an entry."""
        return await Order(desk, sent, "entry", body).ask()

    @router.post(
        "/entries/{entry_id}/reversals",
        status_code=201,
        responses=ANSWERS,
        description=f"Ask for the reversal of an entry, or of shares of it.\n{BY_TWO}",
    )
    async def reverse(entry_id: UUID, body: ReversalIn, sent: SentOrder) -> Success[AskedOut]:
        """Ask for a reversal."""
        return await Order(desk, sent, "reversal", body, entry_id).ask()

    @router.post("/holds", status_code=201, responses=ANSWERS, description=f"Set money aside.\n{AT_ONCE}")
    async def hold(body: HoldIn, sent: SentOrder) -> Success[AskedOut]:
        """Set money aside."""
        return await Order(desk, sent, "hold", body).do()

    @router.post(
        "/holds/{hold_id}/captures",
        status_code=201,
        responses=ANSWERS,
        description=f"Ask for the capture of a hold, or of a part of it.\n{BY_TWO}",
    )
    async def capture(hold_id: UUID, body: CaptureIn, sent: SentOrder) -> Success[AskedOut]:
        """Ask for a capture."""
        return await Order(desk, sent, "capture", body, hold_id).ask()

    @router.post(
        "/holds/{hold_id}/releases",
        status_code=201,
        responses=ANSWERS,
        description=f"Ask for the release of a hold.\n{BY_TWO}",
    )
    async def release(hold_id: UUID, body: ReleaseIn, sent: SentOrder) -> Success[AskedOut]:
        """Ask for the release of a hold."""
        return await Order(desk, sent, "release", body, hold_id).ask()

    @router.post(
        "/batches",
        status_code=201,
        responses=ANSWERS,
        description=f"Ask for up to 1,000 entries at once.\n{BY_TWO}",
    )
    async def batch(body: BatchIn, sent: SentOrder) -> Success[AskedOut]:
        """Ask for a batch."""
        return await Order(desk, sent, "batch", body).ask()

    return router
