"""The inbox: one's own, newest first, in pages, read once."""

from uuid import uuid4

import pytest
from valkey.asyncio import Valkey

from capitalino.services.notifications.errors import LiveUnavailable, NotificationUnknown
from capitalino.services.notifications.service import Notifications
from tests.integration.notifications.conftest import World, conversion


async def test_the_inbox_comes_in_pages_newest_first(world: World) -> None:
    anna = uuid4()
    await world.sources.tell(*(conversion(anna) for _ in range(5)), conversion(uuid4()))
    await world.is_at(anna, 10)
    first, after = await world.notifications.read_inbox(anna, before=None, offset=0, limit=3)
    rest, end = await world.notifications.read_inbox(anna, before=after, offset=0, limit=3)
    assert [one.number for one in first + rest] == [10, 8, 6, 4, 2]
    assert end is None


async def test_reading_counts_the_first_time(world: World) -> None:
    anna = uuid4()
    await world.sources.tell(conversion(anna))
    await world.is_at(anna, 2)
    (one,), _ = await world.notifications.read_inbox(anna, before=None, offset=0, limit=1)
    assert one.read_at is None
    read = await world.notifications.mark_read(anna, one.notification_id)
    assert read.read_at is not None
    assert await world.notifications.mark_read(anna, one.notification_id) == read


async def test_another_persons_notification_is_not_there(world: World) -> None:
    anna = uuid4()
    await world.sources.tell(conversion(anna))
    await world.is_at(anna, 2)
    (one,), _ = await world.notifications.read_inbox(anna, before=None, offset=0, limit=1)
    with pytest.raises(NotificationUnknown):
        await world.notifications.mark_read(uuid4(), one.notification_id)


async def test_without_valkey_there_are_no_tickets(world: World) -> None:
    async with Valkey(host="127.0.0.1", port=1) as away:
        service = Notifications(world.db, away, world.notifications._clock, 30)
        with pytest.raises(LiveUnavailable):
            await service.issue_ticket(world.principal(uuid4()))
        with pytest.raises(LiveUnavailable):
            await service.take_ticket("any")
        assert await service.ended([uuid4()]) == set()
