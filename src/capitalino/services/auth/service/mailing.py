"""Sending mails in three beats: the wish is written down, the mail sent, the outcome written down."""

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog

from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import AppError
from capitalino.kit.ids import new_id
from capitalino.kit.mail import Mail, Mailer, MailRefused
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.mails import MailKind, write
from capitalino.services.auth.store import mails
from capitalino.services.auth.store.mails import Pending

log = structlog.get_logger()
BATCH_MAX = 10
CLAIM = timedelta(seconds=60)  # longer than a mail server may take to answer
DELAY_MAX_S = 300
TRIES_MAX = 40
IDLE_S = 1.0
LINKS = {
    MailKind.CONFIRM_EMAIL: "/verify?token={token}",
    MailKind.RESET_PASSWORD: "/reset-password?token={token}",
}


class Mailing:
    """`wish` inside a transaction, `wake` after it; a loop's `round` does the rest, also after a crash."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        seals: Seals,
        mailer: Mailer,
        public_url: str,
        link_ttl_s: int,
    ) -> None:
        self._db, self._clock, self._seals, self._mailer = db, clock, seals, mailer
        self._public_url, self._hours = public_url.rstrip("/"), max(link_ttl_s // 3600, 1)
        self._wished = asyncio.Event()

    async def wish(  # noqa: PLR0917  # what a mail is made of
        self, tx: Tx, kind: MailKind, language: str, to: str, token: str | None = None, place: str = ""
    ) -> None:
        """Write down that a mail is to be sent. The token is in it sealed, until it is gone."""
        mail_id = new_id()
        words = json.dumps({"to": to, "token": token, "place": place})
        sealed = self._seals.seal(words, "mail", "words", mail_id)
        await mails.add(tx, Pending(mail_id, kind, language, sealed, 0), self._clock.now())

    async def pretend(self, tx: Tx, kind: MailKind, language: str, to: str, token: str) -> None:
        """The same work for a mail that nobody gets."""
        mail_id = new_id()
        words = json.dumps({"to": to, "token": token, "place": ""})
        self._seals.seal(words, "mail", "words", mail_id)
        await mails.add_unsent(tx, mail_id, kind, language, self._clock.now())

    def wake(self) -> None:
        """After the commit: send it now, not in a second."""
        self._wished.set()

    async def round(self) -> None:
        """Send what is due; then wait for the next wish, a second at most."""
        self._wished.clear()
        while await self.send_due() == BATCH_MAX:
            pass
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wished.wait(), IDLE_S)

    async def send_due(self) -> int:
        """Send one batch; its size. What another replica has claimed is not in it."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            due = await mails.claim(tx, now, now + CLAIM, BATCH_MAX)
        await asyncio.gather(*(self._send(one) for one in due))
        return len(due)

    async def _send(self, waiting: Pending) -> None:
        try:
            await self._mailer.send(self._written(waiting))
        except MailRefused:
            await self._close(waiting.mail_id, is_sent=False)
        except AppError as error:
            log.warning(
                "mail.not_sent", mail_id=str(waiting.mail_id), tries=waiting.tries, refusal=error.code
            )
            await self._later(waiting)
        else:
            await self._close(waiting.mail_id, is_sent=True)

    async def _close(self, mail_id: UUID, *, is_sent: bool) -> None:
        async with self._db.begin() as tx:
            await mails.close(tx, mail_id, "sent" if is_sent else "given_up", self._clock.now())
        log.info("mail.sent" if is_sent else "mail.given_up", mail_id=str(mail_id))

    async def _later(self, waiting: Pending) -> None:
        if waiting.tries >= TRIES_MAX:
            await self._close(waiting.mail_id, is_sent=False)
            return
        delay = timedelta(seconds=min(2 ** min(waiting.tries, 10), DELAY_MAX_S))
        async with self._db.begin() as tx:
            await mails.later(tx, waiting.mail_id, self._clock.now() + delay)

    def _written(self, waiting: Pending) -> Mail:
        words = json.loads(self._seals.open(waiting.sealed, "mail", "words", waiting.mail_id))
        link = self._public_url + LINKS.get(waiting.kind, "/sign-in").format(token=words["token"])
        written = write(waiting.kind, waiting.language, link, self._hours, words.get("place", ""))
        return Mail(waiting.mail_id, words["to"], written.subject, written.text, written.html)
