"""Venues and a driver that are watched: how orders were answered, and how often each was taken up."""

from collections import Counter
from typing import Any, Self
from uuid import UUID

from capitalino.kit.clock import SYSTEM
from capitalino.services.payments.service.driver import Driver
from capitalino.venues import Venue
from capitalino.venues.circuits import Circuits
from capitalino.venues.port import Never, Order, PlaceOrder, Unknown, VenueTrouble


class Watched:
    """A venue that remembers what each order was answered with. Nothing else of it is changed."""

    def __init__(self, venue: Venue) -> None:
        self.name, self.told = venue.name, dict[str, str]()
        self._venue = venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def __aenter__(self) -> Self:
        await self._venue.__aenter__()
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self._venue.__aexit__(*ended)

    async def place(self, order: PlaceOrder) -> Order:
        """As the venue does."""
        try:
            placed = await self._venue.place(order)
        except VenueTrouble as trouble:
            self.told[order.client_order_id] = type(trouble).__name__.lower()
            raise
        self.told[order.client_order_id] = "answered"
        return placed


class Bare(Watched):
    """A venue without any control: what goes wrong ends there, and is not looked up."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.circuits = Circuits(venue.name, SYSTEM)
        """Never asked for a call, so never open."""

    async def place(self, order: PlaceOrder) -> Order:
        """Whatever the trouble is, nothing is done about it."""
        try:
            return await super().place(order)
        except VenueTrouble as trouble:
            raise Unknown(trouble.code, "controls are off") from None

    async def look_up(self, *_: Any, **_of: Any) -> Order | None:
        """Is what this run does without."""
        raise Never("off", "controls are off")


class Driving:
    """The driver, with a count of how often each conversion was taken up."""

    def __init__(self, driver: Driver) -> None:
        self._driver, self.times = driver, Counter[UUID]()

    async def drive(self, conversion_id: UUID) -> None:
        """As the driver does."""
        self.times[conversion_id] += 1
        await self._driver.drive(conversion_id)
