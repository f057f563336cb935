"""The European Central Bank's file of past days is read as it is published, packed or not, or refused."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from capitalino.services.market.adapters.ecb_history import SIZE_MAX, read
from capitalino.services.market.adapters.port import SourceTrouble
from capitalino.services.market.domain.rates import Day, crossed

# The form of eurofxref-hist.csv, with a comma at the end of every line.
FILE = """Date,USD,JPY,GBP,EEK,
2026-10-30,1.0857,164.2,0.8790,N/A,
2026-10-29,1.0801,163.9,,15.6466,
2010-12-31,1.3362,108.65,0.86075,15.6466,
"""
FIAT = {"EUR", "USD", "GBP", "IRR"}


def packed(content: bytes, name: str = "eurofxref-hist.csv") -> bytes:
    """As it is offered."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize("content", [FILE.encode(), packed(FILE.encode())], ids=["csv", "zip"])
def test_every_day_has_the_currencies_that_we_know_and_that_it_tells(content: bytes) -> None:
    assert read(content, FIAT) == [
        Day(date(2026, 10, 30), {"USD": Decimal("1.0857"), "GBP": Decimal("0.8790")}),
        Day(date(2026, 10, 29), {"USD": Decimal("1.0801")}),
        Day(date(2010, 12, 31), {"USD": Decimal("1.3362"), "GBP": Decimal("0.86075")}),
    ]


def test_a_figure_that_cannot_be_is_left_out() -> None:
    (day,) = read(b"Date,USD,GBP,\n2026-10-30,0,-1,\n", FIAT)
    assert day.rates == {}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed"),
        (b"<html>away</html>", "malformed"),
        (b"Date,USD,\nyesterday,1.08,\n", "malformed"),
        (b"Date,USD,\n2026-10-30,much,\n", "malformed"),
        (b"Date,GBP,USD,\n2026-10-30,0.87\n", "malformed"),
        (b"\xff\xfe\x00", "malformed"),
        (packed(FILE.encode(), "readme.txt"), "malformed"),
        (packed(FILE.encode())[:-30], "malformed"),
        (packed(b"Date,USD,\n" + b" " * SIZE_MAX), "too_large"),
    ],
    ids=["empty", "html", "no_date", "no_rate", "short", "binary", "other_file", "cut", "bomb"],
)
def test_what_is_not_the_file_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(SourceTrouble) as refused:
        read(content, FIAT)
    assert refused.value.code == code


def test_pairs_cross_through_the_euro() -> None:
    day = Day(date(2026, 10, 30), {"USD": Decimal("1.10"), "GBP": Decimal("0.88")})
    assert crossed(day, ("EUR", "USD")).rate == Decimal("1.10")
    assert crossed(day, ("GBP", "USD")).rate == Decimal("1.25")
    assert crossed(day, ("USD", "GBP")).rate == Decimal("0.8")
