"""Sockets: who may open one, and that each hears everything that is theirs, once, and nothing that is not."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from capitalino.contracts.auth.events import SessionClosed, SessionOpened
from capitalino.contracts.payments.events import DepositSettled
from capitalino.kit.auth import REVOKED
from tests.integration.notifications.conftest import ORIGIN, Open, World, conversion, entry
from tests.support.facts import until

PRICE = {"bid": "99.5", "ask": "100.5", "mid": "100", "change_24h": "0.01", "at": "2026-03-20T12:00:00Z"}


async def refusal(world: World, address: str, origin: str | None = ORIGIN) -> tuple[int, str]:
    """The status and the code with which a socket is refused."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, origin=origin, proxy=None):  # type: ignore[arg-type]
            pass
    body = json.loads(refused.value.response.body)
    assert body["success"] is False
    return refused.value.response.status_code, body["error"]["code"]


async def price(world: World, instrument: str, **change: Any) -> None:
    """The market shows a price."""
    subject = "market.price." + instrument.replace("/", ".")
    await world.bus.signal(subject, {"instrument": instrument, **PRICE, **change})


async def test_a_ticket_opens_one_socket_and_no_second(world: World) -> None:
    ticket = await world.ticket(world.principal(uuid4()))
    async with connect(world.address(ticket), origin=ORIGIN, proxy=None):  # type: ignore[arg-type]
        pass
    assert await refusal(world, world.address(ticket)) == (401, "notifications.ticket_refused")


@pytest.mark.parametrize("ticket", ["", "never-issued"])
async def test_without_a_good_ticket_nothing_opens(world: World, ticket: str) -> None:
    assert await refusal(world, world.address(ticket)) == (401, "notifications.ticket_refused")


async def test_a_ticket_is_good_for_a_while_only(open_world: Open) -> None:
    world = await open_world(ticket_ttl_s=1)
    ticket = await world.ticket(world.principal(uuid4()))
    await asyncio.sleep(1.1)
    assert await refusal(world, world.address(ticket)) == (401, "notifications.ticket_refused")


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:8001", None])
async def test_another_origin_is_refused_and_uses_no_ticket(world: World, origin: str | None) -> None:
    ticket = await world.ticket(world.principal(uuid4()))
    assert await refusal(world, world.address(ticket), origin) == (403, "notifications.origin_refused")
    async with connect(world.address(ticket), origin=ORIGIN, proxy=None):  # type: ignore[arg-type]
        pass


async def test_there_is_one_address(world: World) -> None:
    address = f"ws://127.0.0.1:{world.port}/elsewhere"
    assert await refusal(world, address) == (404, "notifications.address_unknown")


async def test_an_investor_has_only_so_many_sockets(open_world: Open) -> None:
    world, anna = await open_world(sockets_per_investor=1), uuid4()
    async with world.socket(anna), world.socket(uuid4()):
        ticket = await world.ticket(world.principal(anna))
        assert await refusal(world, world.address(ticket)) == (429, "notifications.sockets_full")
    async with world.socket(anna):
        pass


async def test_a_balance_is_told_to_its_owner_and_to_nobody_else(world: World) -> None:
    anna, bob = uuid4(), uuid4()
    async with world.socket(anna) as hers, world.socket(bob) as his:
        await world.sources.tell(entry(anna, 12_345, 1, held=345))
        told = await hers.next()
        assert (told["type"], told["id"], told["at"]) == ("balance", "1", "2026-03-20T12:00:00+00:00")
        assert told["data"] == {
            "asset": "EUR",
            "posted": "123.45",
            "available": "120.00",
            "held": "3.45",
            "version": 1,
        }
        assert await his.silent()


async def test_all_sockets_of_an_investor_are_told(world: World) -> None:
    anna = uuid4()
    async with world.socket(anna) as one, world.socket(anna) as other:
        await world.sources.tell(entry(anna, 100, 1))
        assert await one.next() == await other.next()


async def test_a_payment_is_told_and_lies_in_the_inbox(world: World) -> None:
    anna = uuid4()
    async with world.socket(anna) as hers:
        settled = conversion(anna)
        await world.sources.tell(settled)
        payment, notification = await hers.next(), await hers.next()
        assert (payment["type"], payment["data"]["payment_id"]) == ("payment", str(settled.conversion_id))
        assert notification["data"]["code"] == "payments.conversion_settled"
    (kept,), _ = await world.notifications.read_inbox(anna, before=None, offset=0, limit=10)
    assert str(kept.notification_id) == notification["data"]["notification_id"]


async def test_history_taken_over_is_not_told(world: World) -> None:
    anna = uuid4()
    old = conversion(anna, effective_at=entry(anna, 1, 1).effective_at)
    news = DepositSettled(deposit_id=uuid4(), investor_id=anna, asset="EUR", units=1, rail="sandbox")
    async with world.socket(anna) as hers:
        await world.sources.tell(old, news)
        assert (await hers.next())["data"]["kind"] == "deposit"


async def test_a_new_device_is_told_and_a_known_one_is_not(world: World) -> None:
    anna = uuid4()

    def opened(*, is_new: bool) -> SessionOpened:
        return SessionOpened(user_id=uuid4(), investor_id=anna, session_id=uuid4(), is_new_device=is_new)

    async with world.socket(anna) as hers:
        await world.sources.tell(opened(is_new=False), opened(is_new=True))
        assert (await hers.next())["data"]["code"] == "auth.new_device"
        assert await hers.silent()


async def test_who_comes_back_gets_what_came_in_between_once_and_in_order(world: World) -> None:
    anna = uuid4()
    async with world.socket(anna) as hers:
        await world.sources.tell(entry(anna, 100, 1))
        last = (await hers.next())["id"]
    await world.sources.tell(conversion(anna))
    await world.sources.tell(entry(anna, 200, 2), entry(anna, 300, 3), entry(anna, 7, 1, asset="BTC"))
    await world.is_at(anna, 6)
    async with world.socket(anna, last) as hers:
        told = [await hers.next() for _ in range(4)]
        assert [(one["type"], one["id"]) for one in told[:2]] == [("payment", "2"), ("notification", "3")]
        assert [(one["data"]["asset"], one["data"]["posted"]) for one in told[2:]] == [
            ("EUR", "3.00"),
            ("BTC", "0.00000007"),
        ]
        assert hers.hello is not None
        assert hers.hello["data"]["last_id"] == "6"
        await world.sources.tell(entry(anna, 400, 4))
        assert (await hers.next())["id"] == "7"


async def test_who_comes_without_an_id_gets_only_what_is_new(world: World) -> None:
    anna = uuid4()
    await world.sources.tell(entry(anna, 100, 1))
    await world.is_at(anna, 1)
    async with world.socket(anna) as hers:
        assert hers.hello is not None
        assert hers.hello["data"]["last_id"] == "1"
        assert await hers.silent()


async def test_breaks_at_any_moment_lose_and_double_nothing(world: World) -> None:
    anna, count, got = uuid4(), 30, list[str]()

    async def go_on() -> None:
        for _ in range(count):
            await world.sources.tell(conversion(anna))

    telling, last = asyncio.create_task(go_on()), "0"
    while len(got) < 2 * count:
        async with world.socket(anna, last) as hers:
            for _ in range(min(7, 2 * count - len(got))):
                got.append((await hers.next())["id"])
        last = got[-1]
    await telling
    assert got == [str(n) for n in range(1, 2 * count + 1)]


async def test_more_than_a_page_of_what_was_missed_comes_whole(world: World) -> None:
    anna = uuid4()
    await world.sources.tell(*(conversion(anna) for _ in range(230)))
    await world.is_at(anna, 460)
    async with world.socket(anna, 0) as hers:
        assert [(await hers.next())["id"] for _ in range(460)] == [str(n) for n in range(1, 461)]


async def test_an_older_version_of_a_balance_is_not_told(world: World) -> None:
    anna = uuid4()
    async with world.socket(anna) as hers:
        await world.sources.tell(entry(anna, 200, 2), entry(anna, 100, 1))
        assert (await hers.next())["data"]["version"] == 2
        assert await hers.silent()


async def test_what_a_lost_signal_has_not_told_is_found(open_world: Open) -> None:
    world, anna = await open_world(look_after_every_s=0.1), uuid4()
    async with world.socket(anna) as hers:
        await world.execute(f"insert into notifications.sequence values ('{anna}', 1)")
        await world.execute(
            f"insert into notifications.balance values ('{anna}', 'EUR', 100, 0, 0, 1, 1, now())"
        )
        assert (await hers.next())["id"] == "1"


async def test_prices_are_told_to_everybody(world: World) -> None:
    async with world.socket(uuid4()) as one, world.socket(uuid4()) as other:
        await price(world, "BTC/EUR", sources=["binance"])
        told = await one.next()
        assert told == {
            "type": "price",
            "id": None,
            "at": PRICE["at"],
            "data": {"instrument": "BTC/EUR", **PRICE},
        }
        assert await other.next() == told
    async with world.socket(uuid4()) as late:
        assert (await late.next())["data"]["instrument"] == "BTC/EUR"


async def test_of_prices_that_come_faster_only_the_latest_is_told(open_world: Open) -> None:
    world = await open_world(prices_every_ms=300)
    async with world.socket(uuid4()) as one:
        for n in range(50):
            await price(world, "BTC/EUR", mid=str(n))
            await price(world, "ETH/EUR", mid=str(n))
        told = [await one.next()]
        while told[-1]["data"]["mid"] != "49" or len(told) < 2:
            told.append(await one.next())
        assert len(told) < 20


async def test_a_client_that_takes_nothing_is_cut_off_and_the_others_are_served(open_world: Open) -> None:
    world = await open_world(send_timeout_s=0.5, prices_every_ms=1)
    async with world.socket(uuid4()) as quick:
        async with world.socket(uuid4(), max_queue=1, compression=None) as slow:
            slow.socket.transport.pause_reading()
            reading = asyncio.create_task(quick.until_closed())
            long = "x" * 200_000
            for n in range(150):
                await price(world, f"A{n}/EUR", bid=long)
                await asyncio.sleep(0.005)

            async def is_alone() -> bool:
                return world.hub._taken == 1

            await until(is_alone)
            slow.socket.transport.resume_reading()
            assert await slow.until_closed() in {1013, 1006}
        assert not reading.done()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_the_end_of_a_session_ends_its_sockets(world: World) -> None:
    anna = uuid4()
    hers = world.principal(anna)
    async with world.socket(hers) as one, world.socket(anna) as other:
        await world.sources.tell(
            SessionClosed(user_id=hers.user_id, session_id=hers.session_id, reason="left")
        )
        assert await one.until_closed() == 4401
        assert await other.silent()


async def test_a_session_that_ended_before_its_ticket_was_used_gets_no_socket(world: World) -> None:
    hers = world.principal(uuid4())
    ticket = await world.ticket(hers)
    await world.cache.set(REVOKED.format(session_id=hers.session_id), 1)
    async with connect(world.address(ticket), origin=ORIGIN, proxy=None) as socket:  # type: ignore[arg-type]
        await socket.wait_closed()
        assert socket.close_code == 4401


async def test_a_session_whose_end_was_not_signalled_is_found(open_world: Open) -> None:
    world = await open_world(look_after_every_s=0.1)
    hers = world.principal(uuid4())
    async with world.socket(hers) as one:
        await world.cache.set(REVOKED.format(session_id=hers.session_id), 1)
        assert await one.until_closed() == 4401


async def test_what_clients_say_is_read_and_let_go_but_not_a_flood(world: World) -> None:
    anna = uuid4()
    async with world.socket(anna) as hers:
        for _ in range(10):
            await hers.socket.send("hello?")
        await world.sources.tell(entry(anna, 100, 1))
        assert (await hers.next())["type"] == "balance"
        await hers.socket.send("x" * 5000)
        assert await hers.until_closed() == 1009


async def test_whoever_leaves_is_forgotten(world: World) -> None:
    async with world.socket(uuid4()):
        assert world.hub._taken == 1

    async def is_empty() -> bool:
        return world.hub._taken == 0 and not world.hub._seats and not world.hub._sessions

    await until(is_empty)
