"""A profile: how an investor wants to see figures, dates and words. Pure."""

import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from capitalino.money import FIAT
from capitalino.services.users.errors import BaseAssetUnknown, NameRefused, TimeZoneUnknown

Language = Literal["en", "fa"]
Calendar = Literal["gregorian", "persian"]
Digits = Literal["latn", "arabext"]
BASE_ASSETS = tuple(asset.code for asset in FIAT)
NAME_MAX = 80


@dataclass(frozen=True, slots=True)
class Profile:
    """`version` counts its changes, from 1."""

    user_id: UUID
    investor_id: UUID
    language: Language
    base_asset: str
    time_zone: str
    calendar: Calendar
    digits: Digits
    display_name: str | None = None
    version: int = 1


def first_profile(user_id: UUID, investor_id: UUID, language: Language, base_asset: str) -> Profile:
    """What a new investor begins with: the habits that go with the language."""
    is_persian = language == "fa"
    return checked(
        Profile(
            user_id=user_id,
            investor_id=investor_id,
            language=language,
            base_asset=base_asset,
            time_zone="Asia/Tehran" if is_persian else "UTC",
            calendar="persian" if is_persian else "gregorian",
            digits="arabext" if is_persian else "latn",
        )
    )


def changed(profile: Profile, changes: dict[str, Any]) -> Profile:
    """With other values in some fields, one version on; the same profile when nothing differs."""
    wanted = checked(replace(profile, **changes))
    return profile if wanted == profile else replace(wanted, version=profile.version + 1)


def checked(profile: Profile) -> Profile:
    """Refused unless every field means something; the name in one form."""
    if profile.base_asset not in BASE_ASSETS:
        raise BaseAssetUnknown("Values are not shown in this asset.", base_assets=list(BASE_ASSETS))
    try:
        ZoneInfo(profile.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeZoneUnknown("There is no such time zone.") from error
    if profile.display_name is None:
        return profile
    name = " ".join(unicodedata.normalize("NFC", profile.display_name).split())
    # Zero-width joiners belong to Persian spelling; everything else that cannot be seen only deceives.
    if not name or len(name) > NAME_MAX or not name.replace("\u200c", "").replace("\u200d", "").isprintable():
        raise NameRefused(f"A name has 1 to {NAME_MAX} signs that can be seen.", length_max=NAME_MAX)
    return replace(profile, display_name=name)
