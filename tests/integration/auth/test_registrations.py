"""Registering and confirming the address."""

import asyncio

import pytest
from sqlalchemy import func, select

from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.errors import LinkNotGood
from capitalino.services.auth.tables import login, mail, registration
from tests.integration.auth.outside import text_of
from tests.integration.auth.world import PASSWORD, World

EMAIL = "sara@example.com"
HERE = Caller("192.0.2.1")


async def count(world: World, table: object) -> int:
    async with world.db.read() as tx:
        return int((await tx.conn.execute(select(func.count()).select_from(table))).scalar_one())  # type: ignore[arg-type]


async def test_who_opens_the_link_has_a_login_and_an_investor(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
    (opened,) = world.users.opened
    found = await world.auth.logins.find(EMAIL)
    assert (found.user_id, found.investor_id) == (opened.user_id, opened.investor_id)
    assert found.acts_for == opened.investor_id


async def test_no_login_before_the_link_is_opened(world: World) -> None:
    await world.auth.registrations.register(EMAIL, PASSWORD, "en", HERE)
    assert await count(world, login) == 0
    async with world.browser() as web:
        answer = await web.post("/api/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "auth.email_unconfirmed")


async def test_a_known_address_gets_the_same_answer_and_another_mail(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        body = {"email": "SARA@example.com", "password": PASSWORD + "!", "language": "en"}
        again = await web.post("/api/v1/registrations", json=body)
        other = await web.post("/api/v1/registrations", json=body | {"email": "new@example.com"})
    again_body, other_body = again.json(), other.json()
    del again_body["meta"], other_body["meta"]
    assert (again.status_code, again_body) == (other.status_code, other_body)
    await world.auth.mailing.send_due()
    (told,) = (one for one in world.mailbox.mails if one["subject"] == "You already have an account")
    assert "token" not in text_of(told)
    async with world.browser() as web:
        assert (await world.password(web, EMAIL))["state"] == "setup_factor"  # its password is the old one


async def test_a_link_works_once(world: World) -> None:
    async with world.browser() as web:
        await world.register(web, EMAIL)
        again = await web.post("/api/v1/email-verifications", json={"token": world.mailbox.token()})
    assert (again.status_code, again.json()["error"]["code"]) == (422, "auth.link_not_good")


async def test_of_twenty_who_open_a_link_at_once_one_makes_the_login(world: World) -> None:
    await world.auth.registrations.register(EMAIL, PASSWORD, "en", HERE)
    await world.auth.mailing.send_due()
    token = world.mailbox.token()
    made = await asyncio.gather(
        *(world.auth.registrations.confirm(token) for _ in range(20)), return_exceptions=True
    )
    assert sum(not isinstance(one, LinkNotGood) for one in made) == 1
    assert await count(world, login) == 1


async def test_a_link_ends_after_a_day(world: World) -> None:
    await world.auth.registrations.register(EMAIL, PASSWORD, "en", HERE)
    await world.auth.mailing.send_due()
    world.clock.advance(86_400)
    with pytest.raises(LinkNotGood):
        await world.auth.registrations.confirm(world.mailbox.token())


async def test_of_two_registrations_the_opened_one_decides_about_the_password(world: World) -> None:
    await world.auth.registrations.register(EMAIL, "the first of the passwords", "en", HERE)
    await world.auth.mailing.send_due()
    first = world.mailbox.token()
    await world.auth.registrations.register(EMAIL, "the second of the passwords", "en", HERE)
    await world.auth.mailing.send_due()
    second = world.mailbox.token()
    await world.auth.registrations.confirm(first)
    with pytest.raises(LinkNotGood):
        await world.auth.registrations.confirm(second)
    async with world.browser() as web:
        await world.password(web, EMAIL, "the first of the passwords")


async def test_a_mail_that_could_not_be_sent_is_sent_later_and_then_erased(world: World) -> None:
    world.mailbox.answer = "451 not now"
    await world.auth.registrations.register(EMAIL, PASSWORD, "fa", HERE)
    await world.auth.mailing.send_due()
    assert not world.mailbox.mails
    assert await world.auth.mailing.send_due() == 0
    world.mailbox.answer = "250 OK"
    world.clock.advance(10)
    assert await world.auth.mailing.send_due() == 1
    (sent,) = world.mailbox.mails
    assert sent["subject"] == "نشانی ایمیل خود را تأیید کنید"
    assert 'dir="rtl"' in text_of(sent, "html")
    async with world.db.read() as tx:
        row = (await tx.conn.execute(select(mail))).one()
    assert (row.state, row.sealed, row.tries) == ("sent", None, 2)


async def test_a_mail_whose_sender_died_is_sent_by_another_after_a_minute(world: World) -> None:
    await world.auth.registrations.register(EMAIL, PASSWORD, "en", HERE)
    send, world.auth.mailing._mailer = world.auth.mailing._mailer, Dying()
    with pytest.raises(ConnectionAbortedError):
        await world.auth.mailing.send_due()
    world.auth.mailing._mailer = send
    assert await world.auth.mailing.send_due() == 0
    world.clock.advance(61)
    await world.auth.mailing.send_due()
    await world.auth.registrations.confirm(world.mailbox.token())


async def test_a_mailbox_gets_no_more_than_ten_mails_an_hour(world: World) -> None:
    for _ in range(12):
        await world.auth.registrations.register(EMAIL, PASSWORD, "en", HERE)
    assert (await count(world, registration), await count(world, mail)) == (12, 10)


async def test_when_users_is_away_the_investor_is_opened_later(world: World) -> None:
    world.users.is_away = True
    async with world.browser() as web:
        await world.register(web, EMAIL)
        assert (await world.auth.logins.find(EMAIL)).acts_for is None
        world.users.is_away = False
        await world.auth.investors.resume()
        assert not world.users.opened, "nobody asks again at once"
        world.clock.advance(11)
        await world.auth.investors.resume()
    found = await world.auth.logins.find(EMAIL)
    assert found.acts_for == world.users.opened[0].investor_id


@pytest.mark.parametrize(
    "email, password, code",
    [
        ("no address", PASSWORD, "auth.address_not_good"),
        (EMAIL, "short", "auth.password_refused"),
        (EMAIL, "password123456", "auth.password_refused"),
        (EMAIL, "x" * 200, "auth.password_refused"),
    ],
)
async def test_what_is_refused_is_refused_by_code(world: World, email: str, password: str, code: str) -> None:
    async with world.browser() as web:
        answer = await web.post(
            "/api/v1/registrations", json={"email": email, "password": password, "language": "en"}
        )
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


async def test_the_database_alone_tells_no_address(world: World) -> None:
    async with world.browser() as web:
        await world.member(web, EMAIL)
    async with world.db.read() as tx:
        for table in (login, registration, mail):
            for row in await tx.conn.execute(select(table)):
                assert b"sara" not in repr(tuple(row)).encode()


class Dying:
    """A process that is killed while it sends."""

    async def send(self, _mail: object) -> None:
        """Ends in the middle."""
        raise ConnectionAbortedError


async def test_a_mail_that_no_server_takes_is_given_up_and_erased(world: World) -> None:
    world.mailbox.answer = "550 no such mailbox"
    await world.auth.registrations.register(EMAIL, PASSWORD, "en", HERE)
    await world.auth.mailing.send_due()
    async with world.db.read() as tx:
        row = (await tx.conn.execute(select(mail))).one()
    assert (row.state, row.sealed) == ("given_up", None)


async def test_a_mail_is_not_tried_for_ever(world: World) -> None:
    world.mailbox.answer = "451 not now"
    await world.auth.registrations.register(EMAIL, PASSWORD, "en", HERE)
    tries = 0
    while await world.auth.mailing.send_due():
        world.clock.advance(301)
        tries += 1
    async with world.db.read() as tx:
        assert (await tx.conn.execute(select(mail.c.state))).scalar_one() == "given_up"
    assert tries == 40
