"""Caught mail over HTTP: a page for people, JSON for tests."""

from aiohttp import web

from capitalino.sandbox.mail import Mailbox
from capitalino.sandbox.pages import answer, mail_page


class MailRoutes:
    """Read and forget what was caught."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def routes(self) -> list[web.RouteDef]:
        """What can be asked."""
        return [
            web.get("/mail", self.mail),
            web.get("/mail/messages", self.messages),
            web.delete("/mail/messages", self.clear),
            web.post("/mail/clear", self.clear_from_the_page),
        ]

    async def mail(self, _: web.Request) -> web.Response:
        """The page of caught mail."""
        return answer(mail_page(self._mailbox.listed()))

    async def messages(self, _: web.Request) -> web.Response:
        """Caught mail for a test, newest first."""
        return web.json_response([mail.as_json() for mail in self._mailbox.listed()])

    async def clear(self, _: web.Request) -> web.Response:
        """Forget all mail."""
        self._mailbox.clear()
        return web.json_response({"status": "clear"})

    async def clear_from_the_page(self, _: web.Request) -> web.Response:
        """Forget all mail, from the page."""
        self._mailbox.clear()
        raise web.HTTPSeeOther("../mail")
