"""How notifications is put together."""

from capitalino.contracts.auth.events import SessionClosed, SessionOpened
from capitalino.contracts.ledger.events import EntryPosted
from capitalino.contracts.payments.events import ConversionRefused, ConversionSettled, DepositSettled
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.notifications.consumers import INVESTOR, SESSION, consumers
from capitalino.services.notifications.live.hub import PRICES, Hub
from capitalino.services.notifications.routes import routes
from capitalino.services.notifications.service import Notifications
from capitalino.services.notifications.settings import NotificationsSettings
from capitalino.services.notifications.tables import schema


def build(given: Given) -> Parts:
    """Make the objects; nothing is opened yet."""
    settings = given.settings_as(NotificationsSettings)
    notifications = Notifications(given.db, given.cache, given.clock, settings.ticket_ttl_s)
    return Parts(
        router=routes(notifications),
        consumers=consumers(notifications, given.bus),
        sockets=Hub(notifications, given.bus, given.clock, shared=given.shared, settings=settings),
    )


module = Module(
    name="notifications",
    build=build,
    words=("ws", "notifications"),
    schema=schema,
    settings=NotificationsSettings,
    hears=(EntryPosted, ConversionSettled, ConversionRefused, DepositSettled, SessionOpened, SessionClosed),
    sends=(f"{INVESTOR}.*", f"{SESSION}.*"),
    listens=(f"{INVESTOR}.*", f"{SESSION}.*", PRICES),
)
