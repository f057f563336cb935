"""How auth's answers look."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from capitalino.services.auth.domain.passkeys import NAME_MAX
from capitalino.services.auth.service.outcomes import Reached
from capitalino.services.auth.service.passkeys import Begun

PASSWORD_MAX = 1024
Secret = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(min_length=6, max_length=40, examples=["123456"])]
Email = Annotated[str, Field(min_length=3, max_length=320, examples=["sara@example.com"])]
Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_MAX, examples=["four words make one"])]
Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX, examples=["Sara's phone"])]
Credential = Annotated[dict[str, Any], Field(description="`PublicKeyCredential.toJSON()` of the browser.")]


class Body(BaseModel):
    """What is sent to us: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid")


class StateOut(BaseModel):
    """How far it is."""

    state: str


class UserOut(BaseModel):
    """Who signed in."""

    user_id: UUID
    investor_id: UUID | None
    roles: list[str]


class CeremonyOut(BaseModel):
    """What the browser is to be given, and the secret that comes back with its answer."""

    ceremony: str
    options: dict[str, Any]

    @classmethod
    def of(cls, begun: Begun) -> "CeremonyOut":
        """As it was begun."""
        return cls(ceremony=begun.ceremony, options=begun.options)


class SessionOut(BaseModel):
    """A step of signing in. `expires_at` is that of the access token, or of the challenge."""

    state: Literal["second_factor", "setup_factor", "open"]
    challenge: str | None
    access_token: str | None
    expires_at: datetime
    user: UserOut | None

    @classmethod
    def of(cls, reached: Reached) -> "SessionOut":
        """Without the secrets that go into cookies."""
        login = reached.login
        user = None
        if login:
            user = UserOut(user_id=login.user_id, investor_id=login.acts_for, roles=sorted(login.roles))
        return cls(
            state=reached.state.value,
            challenge=reached.challenge,
            access_token=reached.access_token,
            expires_at=reached.expires_at,
            user=user,
        )
