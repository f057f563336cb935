"""What staff change beside money: states and bounds of accounts, limits, closes. Audited where it is done."""

from hashlib import blake2b
from typing import Any
from uuid import UUID

from capitalino.contracts.ledger.api import (
    AmendAccount,
    ClosePeriod,
    LimitsRead,
    PeriodClosed,
    SetLimits,
    WindowRead,
)
from capitalino.kit import audit
from capitalino.kit.auth import Principal
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import Forbidden
from capitalino.kit.idempotency import KeyReused
from capitalino.services.ledger.domain import Amendment, Verdict
from capitalino.services.ledger.errors.accounts import (
    AccountStale,
    BalanceOutOfBounds,
    BookUnknown,
    ChangeIdReused,
    PeriodNotOver,
)
from capitalino.services.ledger.service.accounts import CHANGES
from capitalino.services.ledger.service.asking import Asked, Asking, Reached, refuse_own_address, write_down
from capitalino.services.ledger.service.directory import account_of
from capitalino.services.ledger.service.refusals import AMENDMENT_REFUSALS
from capitalino.services.ledger.store import accounts, books, directory, limits

MONEY = frozenset({"operator", "treasurer", "admin"})
"""Who may ask for what moves money, and grant it."""
FREEZING = frozenset({"compliance", *MONEY})
THAWING = frozenset({"compliance", "admin"})
FREEZES = frozenset({"freeze_in", "freeze_out", "freeze"})


class Control:
    """Changes of accounts, limits and books.

    What protects (freezing, closing) takes one person and is done at once. What opens up (unfreezing,
    reopening, other bounds) is asked for and waits for somebody else.
    """

    def __init__(self, db: Database, asking: Asking) -> None:
        self._db, self._asking = db, asking

    async def amend(
        self, asked: Asked, command: AmendAccount, seen: int | None
    ) -> tuple[Reached | None, bool]:
        """Change an account that was `seen` with so many changes; what it waits for; is it a repeat?"""
        may_change(asked.who, command)
        if not _opens_up(command):
            return None, await self._amend_now(asked, command, seen)
        known = await self._asking.known(asked)
        if known is not None:
            return known, True
        async with self._db.begin() as tx:
            await _check_seen(tx, command, seen)
            await check_bounds(tx, command)
            is_new = await self._asking.ask(tx, asked, change=command.model_dump(mode="json"))
        return await self._asking.find(asked.object_id, is_repeat=not is_new), not is_new

    async def set_limits(self, who: Principal, command: SetLimits, reason: str) -> LimitsRead:
        """Replace the windows of a key."""
        refuse_own_address(who, command.limit_key)
        windows = [(one.seconds, one.units) for one in command.windows]
        async with self._db.begin() as tx:
            await limits.replace(tx, command.limit_key, windows)
            found = await limits.read(tx, command.limit_key)
            told = {"windows": [[seconds, str(units)] for seconds, units in windows]}
            await _write_down(tx, who, "ledger.limits_set", f"limit:{command.limit_key}", reason, **told)
        return LimitsRead(
            windows=tuple(WindowRead(seconds=s, units=units, used=used) for s, units, used in found)
        )

    async def close_period(self, who: Principal, command: ClosePeriod, reason: str) -> PeriodClosed:
        """Nothing takes effect in the book before that instant any more; answers until when it is closed."""
        async with self._db.begin() as tx:
            if not await books.close_period(tx, command.book, command.until):
                if await books.is_known(tx, command.book):
                    raise PeriodNotOver("Only what has passed is closed.", until=command.until.isoformat())
                raise BookUnknown("There is no such book.", book=command.book)
            until = next(one.closed_until for one in await directory.books(tx) if one.book == command.book)
            told = {"until": command.until.isoformat()}
            await _write_down(tx, who, "ledger.period_closed", f"book:{command.book}", reason, **told)
        return PeriodClosed(book=command.book, until=until or command.until)

    async def _amend_now(self, asked: Asked, command: AmendAccount, seen: int | None) -> bool:
        async with self._db.begin() as tx:
            try:
                is_new = await carry_out(tx, command)
            except ChangeIdReused as error:
                raise KeyReused(
                    "This idempotency key was used for another request.", key=asked.key
                ) from error
            if is_new:
                # Counted under the lock that the change has taken: the next after what was seen, or too late.
                await _check_seen(tx, command, None if seen is None else seen + 1)
                await write_down(tx, asked, "ledger.account_changed", subject_of(command))
        return not is_new


async def carry_out(tx: Tx, command: AmendAccount) -> bool:
    """Change the account; whether that is new. Refuses as `amend_account` does."""
    await check_bounds(tx, command)
    verdict = await accounts.amend(tx, amendment_of(command))
    if verdict.is_refusal:
        refusal, sentence = AMENDMENT_REFUSALS[verdict]
        raise refusal(sentence, address=command.address)
    return verdict is Verdict.ACCEPTED


async def check_bounds(tx: Tx, command: AmendAccount) -> None:
    """A floor is not above its ceiling, whichever of the two is new."""
    if command.floor is None and command.ceiling is None:
        return
    account = await account_of(tx, command.address, command.asset or "")
    floor = account.floor if command.floor is None else command.floor
    ceiling = account.ceiling if command.ceiling is None else command.ceiling
    if isinstance(floor, int) and isinstance(ceiling, int) and floor > ceiling:
        raise BalanceOutOfBounds("The floor is above the ceiling.", address=command.address)


def amendment_of(command: AmendAccount) -> Amendment:
    """The change that a command means."""
    set_bits, clear_bits = CHANGES[command.state]
    body = command.model_dump_json(exclude={"change_id"})
    return Amendment(
        command.change_id,
        UUID(bytes=blake2b(body.encode(), digest_size=16).digest()),
        command.address,
        command.asset,
        set_bits,
        clear_bits,
        command.floor,
        command.ceiling,
        command.by,
        command.reason,
    )


def may_change(who: Principal, command: AmendAccount) -> None:
    """Freezing is for all who guard money, unfreezing for compliance, the rest for those who move money."""
    refuse_own_address(who, command.address)
    fitting = FREEZING if command.state in FREEZES else THAWING if command.state == "unfreeze" else MONEY
    if not who.roles & fitting:
        raise Forbidden("This is not yours to do.", roles=sorted(fitting))


def subject_of(command: AmendAccount) -> str:
    """The account, as audit rows name it."""
    return f"account:{command.address}:{command.asset}"


def _opens_up(command: AmendAccount) -> bool:
    return command.state is None or command.state in {"unfreeze", "reopen"}


async def _check_seen(tx: Tx, command: AmendAccount, expected: int | None) -> None:
    account = await account_of(tx, command.address, command.asset or "")
    if expected is not None and await directory.count_changes(tx, account.account_id) != expected:
        raise AccountStale("The account was changed since it was read.", address=command.address)


async def _write_down(tx: Tx, who: Principal, action: str, subject: str, reason: str, **details: Any) -> None:
    await audit.record(tx, str(who.user_id), action, subject, {"reason": reason, **details})
