"""What the market tells for ever. Live prices are signals, not facts."""

from datetime import date
from typing import ClassVar

from capitalino.kit.message import Event, Rate


class DayClosed(Event):
    """The closing price of a day, in UTC. A later version corrects an earlier one."""

    subject: ClassVar[str] = "market.day_closed.v1"

    base: str
    quote: str
    on: date
    close: Rate

    @property
    def key(self) -> str:
        """The instrument and the day."""
        return f"{self.base}/{self.quote}/{self.on}"
