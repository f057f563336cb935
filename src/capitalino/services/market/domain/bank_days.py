"""The days on which the euro's banks work (TARGET), and how many publications a daily file has missed.

A reference rate does not age in hours: Friday's is the newest there is until Monday afternoon.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
PUBLISHED = time(16, tzinfo=ZONE)
"""About when the ECB publishes a bank day's rates."""
A_DAY = timedelta(days=1)
SATURDAY = 5
FIXED = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})
"""New Year, Labour Day and Christmas, as (month, day)."""


def is_bank_day(day: date) -> bool:
    """Whether rates are published for this day."""
    if day.weekday() >= SATURDAY or (day.month, day.day) in FIXED:
        return False
    return day - easter(day.year) not in {timedelta(days=-2), A_DAY}


def easter(year: int) -> date:
    """Easter Sunday of the western churches, by Meeus, Jones and Butcher."""
    century, within = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (within // 4) - moon - within % 4) % 7
    shift = moon + week - 7 * ((golden + 11 * moon + 22 * week) // 451)
    month, day = divmod(shift + 114, 31)
    return date(year, month, day + 1)


def published_at(day: date) -> datetime:
    """When the rates of a day come out."""
    return datetime.combine(day, PUBLISHED).astimezone(UTC)


def day_of(at: datetime) -> date:
    """The banks' own day in which an instant lies."""
    return at.astimezone(ZONE).date()


def missed(day: date, now: datetime, late: timedelta, at_most: int) -> int:
    """How many rates should have come out since those of `day`, each `late` after its hour; not on and on."""
    count, following = 0, day + A_DAY
    while count < at_most and published_at(following) + late <= now:
        count += is_bank_day(following)
        following += A_DAY
    return count
