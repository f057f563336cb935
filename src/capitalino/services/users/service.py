"""Investors and their profiles."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from capitalino.contracts.ledger.api import Account, LedgerAccounts, OpenAccounts
from capitalino.contracts.users.api import InvestorOpened, OpenInvestor
from capitalino.contracts.users.events import ProfileChanged
from capitalino.kit.clock import Clock
from capitalino.kit.crypto import KeyRing, place_of, seal, unseal
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import AppError
from capitalino.services.users import store
from capitalino.services.users.domain import Profile, changed, first_profile
from capitalino.services.users.errors import InvestorDiffers, ProfileStale, ProfileUnknown
from capitalino.services.users.store import Opening, Stored

log = structlog.get_logger()
AGAIN = timedelta(seconds=10)
BATCH_MAX = 50
DATA_KEY = "p1"


class Users:
    """Serves `UsersInvestors` to other services, and profiles to their owners."""

    def __init__(self, db: Database, clock: Clock, ring: KeyRing, ledger: LedgerAccounts) -> None:
        self._db, self._clock, self._ring, self._ledger = db, clock, ring, ledger

    async def open_investor(self, command: OpenInvestor) -> InvestorOpened:
        """Make the profile, and have the ledger open the investor's cash account in the base asset."""
        first = first_profile(command.user_id, command.investor_id, command.language, command.base_asset)
        now = self._clock.now()
        async with self._db.begin() as tx:
            is_new = await store.add(tx, first, now)
            found = await store.get(tx, command.user_id)
            if found is None or found.profile.investor_id != command.investor_id:
                raise InvestorDiffers("The login or the investor has another counterpart.")
            wanted = Opening(command.investor_id, found.profile.base_asset)
            is_waiting = await store.wish(tx, wanted, now, now + AGAIN)
            if is_new:
                await tx.emit(_told(first))
        if is_waiting:
            await self._open(wanted)
        return InvestorOpened(investor_id=command.investor_id, repeated=not is_new)

    async def profile(self, user_id: UUID) -> Profile:
        """The profile of a login."""
        async with self._db.begin() as tx:
            found = await store.get(tx, user_id)
        return self._whole(found)

    async def change(self, user_id: UUID, changes: dict[str, Any], seen_version: int | None) -> Profile:
        """Change some fields. ProfileStale unless it is the version that the caller has seen (None: any)."""
        now, wanted = self._clock.now(), None
        async with self._db.begin() as tx:
            found = await store.get(tx, user_id, lock=True)
            before = self._whole(found)
            if seen_version is not None and seen_version != before.version:
                raise ProfileStale("It was changed since you read it.", version=before.version)
            after = changed(before, changes)
            if after is before or found is None:
                return before
            await store.save(tx, after, await self._sealed(tx, found, after), now)
            if after.base_asset != before.base_asset:
                wanted = Opening(after.investor_id, after.base_asset)
                wanted = wanted if await store.wish(tx, wanted, now, now + AGAIN) else None
            await tx.emit(_told(after))
        if wanted:
            await self._open_later(wanted)
        return after

    async def resume(self) -> None:
        """Open the accounts that are still to be opened."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            waiting = await store.claim(tx, now, now + AGAIN, BATCH_MAX)
        for one in waiting:
            await self._open_later(one)

    async def _open(self, wanted: Opening) -> None:
        account = Account(address=f"investor:{wanted.investor_id}:cash", asset=wanted.asset)
        await self._ledger.open_accounts(OpenAccounts(accounts=(account,)))
        async with self._db.begin() as tx:
            await store.opened(tx, wanted, self._clock.now())

    async def _open_later(self, wanted: Opening) -> None:
        try:
            await self._open(wanted)
        except AppError as error:
            log.warning("account.not_opened", investor_id=str(wanted.investor_id), refusal=error.code)

    def _whole(self, found: Stored | None) -> Profile:
        if found is None:
            raise ProfileUnknown("This login has no profile.")
        if found.name_sealed is None or found.key_sealed is None:
            return found.profile
        user_id = found.profile.user_id
        key = self._ring.data_key(found.key_sealed, _key_place(user_id))
        name = unseal(key, found.name_sealed, _name_place(user_id)).decode()
        return replace(found.profile, display_name=name)

    async def _sealed(self, tx: Tx, found: Stored, after: Profile) -> bytes | None:
        if after.display_name is None:
            return None
        user_id = after.user_id
        if found.key_sealed:
            key = self._ring.data_key(found.key_sealed, _key_place(user_id))
        else:
            key, stored = self._ring.new_data_key(DATA_KEY, _key_place(user_id))
            await store.add_key(tx, user_id, stored, self._clock.now())
        return seal(key, after.display_name.encode(), _name_place(user_id))


def _key_place(user_id: UUID) -> str:
    return place_of("person_key", "sealed", user_id)


def _name_place(user_id: UUID) -> str:
    return place_of("profile", "display_name", user_id)


def _told(profile: Profile) -> ProfileChanged:
    return ProfileChanged(
        user_id=profile.user_id,
        investor_id=profile.investor_id,
        language=profile.language,
        base_asset=profile.base_asset,
        time_zone=profile.time_zone,
        version=profile.version,
    )
