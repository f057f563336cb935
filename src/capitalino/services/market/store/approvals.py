"""Lists of what staff have asked for. Asking and deciding are the kit's."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from capitalino.kit.approvals import COLUMNS, Approval
from capitalino.kit.db import Tx

PAGE = text(f"""
select {COLUMNS} from market.approval
 where (cast(:state as text) is null or state = :state)
   and (cast(:at as timestamptz) is null
        or (asked_at, approval_id) < (cast(:at as timestamptz), cast(:last as uuid)))
 order by asked_at desc, approval_id desc offset :offset limit :limit""")  # noqa: S608 - the names are the kit's


async def page(
    tx: Tx, state: str | None, *, before: tuple[datetime, UUID] | None, offset: int, limit: int
) -> list[Approval]:
    """What was asked, the newest first."""
    at, last = before or (None, None)
    values = {"state": state, "at": at, "last": last, "offset": offset, "limit": limit}
    return [Approval(*row) for row in await tx.conn.execute(PAGE, values)]
