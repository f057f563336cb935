"""HTTP for users: one's own profile."""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from capitalino.kit.auth import Somebody
from capitalino.kit.http import Success, ok
from capitalino.services.users.domain import Calendar, Digits, Language, Profile
from capitalino.services.users.service import Users

ETAG = re.compile(r'(W/)?"(\d{1,18})"\Z', re.ASCII)
NEVER = -1
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=100, description="The ETag that was read; left out: whatever it is."),
]


class ProfileIn(BaseModel):
    """What is to change; what is left out stays. `display_name: null` takes the name away."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(None, max_length=200)
    language: Language = "en"
    base_asset: str = Field("EUR", max_length=20)
    time_zone: str = Field("UTC", max_length=64, examples=["Europe/Berlin"])
    calendar: Calendar = "gregorian"
    digits: Digits = "latn"

    def changes(self) -> dict[str, Any]:
        """Only what was sent."""
        return self.model_dump(include=self.model_fields_set)


class ProfileOut(BaseModel):
    """One's own profile."""

    user_id: UUID
    investor_id: UUID
    display_name: str | None
    language: Language
    base_asset: str
    time_zone: str
    calendar: Calendar
    digits: Digits

    @classmethod
    def of(cls, profile: Profile) -> "ProfileOut":
        """As the owner sees it."""
        return cls(**{name: getattr(profile, name) for name in cls.model_fields})


def routes(users: Users) -> APIRouter:
    """`/me`: whose it is comes from the token alone."""
    router = APIRouter(prefix="/api/v1", tags=["users"])

    @router.get("/me")
    async def read(principal: Somebody, response: Response) -> Success[ProfileOut]:
        """One's own profile, with its version as the ETag."""
        profile = await users.profile(principal.user_id)
        response.headers["ETag"] = f'"{profile.version}"'
        return ok(ProfileOut.of(profile))

    @router.patch("/me")
    async def change(
        principal: Somebody, body: ProfileIn, response: Response, if_match: IfMatch = None
    ) -> Success[ProfileOut]:
        """Change one's own profile; with `If-Match`, only what one has seen."""
        profile = await users.change(principal.user_id, body.changes(), _seen(if_match))
        response.headers["ETag"] = f'"{profile.version}"'
        return ok(ProfileOut.of(profile))

    return router


def _seen(if_match: str | None) -> int | None:
    """The version that was seen; None when any will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = ETAG.match(if_match.strip())
    return int(found[2]) if found else NEVER
