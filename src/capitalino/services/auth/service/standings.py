"""The login and the session behind a principal, locked: a token alone may be minutes old."""

from capitalino.kit.auth.principals import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Tx
from capitalino.services.auth.domain.logins import Login, may_authenticate
from capitalino.services.auth.domain.sessions import Lifetimes, Session
from capitalino.services.auth.errors import SessionOver
from capitalino.services.auth.store import logins, sessions


class Standings:
    """Whatever changes what a login has, or issues something from a session, asks here first."""

    def __init__(self, clock: Clock, lifetimes: Lifetimes) -> None:
        self._clock, self._lifetimes = clock, lifetimes

    async def of(self, tx: Tx, principal: Principal) -> tuple[Login, Session]:
        """Both, locked and still good; SessionOver otherwise."""
        login = await logins.get(tx, principal.user_id, lock="update")
        session = await sessions.get(tx, principal.session_id, lock=True)
        if login is None or session is None:
            raise SessionOver("The session has ended.")
        may_authenticate(login.standing)
        is_open = session.is_open(self._clock.now(), self._lifetimes.idle)
        if session.user_id != login.user_id or not is_open:
            raise SessionOver("The session has ended.")
        return login, session
