"""Fiat reference rates, in the forms of four sources: made up, but plausible, and the same whenever asked."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from aiohttp import web

from capitalino.sandbox.when import EPOCH

Spoken = Callable[[web.Request], Awaitable[web.StreamResponse]]
APP_ID = "sandbox-app-id"
PUBLISHED_HOUR = 14
"""By then, in UTC, a day's rates are out: 16:00 in Frankfurt is 14:00 or 15:00."""
FRIDAY = 4
PER_EURO = {"USD": Decimal("1.1510"), "GBP": Decimal("0.8790"), "CHF": Decimal("0.9310")}
RIALS_PER_DOLLAR = Decimal(42105)
"""Told by Open Exchange Rates only: the European Central Bank does not speak of rials."""
STEP = Decimal("0.0001")
SWING = 20
"""In steps: so far does a day lie from the usual figure, at most."""
ECB = """\
<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" \
xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<gesmes:Sender>
\t\t<gesmes:name>European Central Bank</gesmes:name>
\t</gesmes:Sender>
\t<Cube>
\t\t<Cube time='{day}'>
{rates}
\t\t</Cube>
\t</Cube>
</gesmes:Envelope>"""


class Rates:
    """What the sources say now. A figure is a pure function of its day, or of its hour."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms

    def routes(self) -> list[tuple[str, str, Spoken]]:
        """Path, the operation's name for faults, and who answers."""
        return [
            ("/ecb/eurofxref-daily.xml", "rates_ecb", self.ecb),
            ("/frankfurter/v1/latest", "rates_frankfurter", self.frankfurter),
            ("/frankfurter/v2/rates", "rates_frankfurter_v2", self.frankfurter_v2),
            ("/oxr/api/latest.json", "rates_oxr", self.oxr),
        ]

    async def ecb(self, _: web.Request) -> web.Response:
        """The daily file."""
        day = self._newest_day()
        lines = [f"\t\t\t<Cube currency='{code}' rate='{rate}'/>" for code, rate in per_euro(day).items()]
        return web.Response(text=ECB.format(day=day, rates="\n".join(lines)), content_type="text/xml")

    async def frankfurter(self, request: web.Request) -> web.Response:
        """Version 1: `{amount, base, date, rates}`."""
        base = request.query.get("base", "EUR")
        if base != "EUR":
            return web.json_response({"message": "not found"}, status=404)
        day = self._newest_day()
        rates = ",".join(f'"{code}":{rate}' for code, rate in per_euro(day).items())
        return _json(f'{{"amount":1.0,"base":"EUR","date":"{day}","rates":{{{rates}}}}}')

    async def frankfurter_v2(self, request: web.Request) -> web.Response:
        """Version 2: a list of `{date, base, quote, rate}`."""
        if request.query.get("base", "EUR").upper() != "EUR":
            return web.json_response({"status": 422, "message": "invalid base"}, status=422)
        day = self._newest_day()
        rows = (
            f'{{"date":"{day}","base":"EUR","quote":"{code}","rate":{rate}}}'
            for code, rate in per_euro(day).items()
        )
        return _json(f"[{','.join(rows)}]")

    async def oxr(self, request: web.Request) -> web.Response:
        """Open Exchange Rates, for who has the app id, as a parameter or in the header."""
        token = request.headers.get("Authorization", "").removeprefix("Token ")
        if request.query.get("app_id", token) != APP_ID:
            told = {"error": True, "status": 401, "message": "invalid_app_id", "description": "No such id."}
            return web.json_response(told, status=401)
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        rates = ",".join(f'"{code}":{rate}' for code, rate in per_dollar(hour).items())
        head = f'"disclaimer":"","license":"","timestamp":{int(hour.timestamp())},"base":"USD"'
        return _json(f'{{{head},"rates":{{{rates}}}}}')

    def _now(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self._now_ms())

    def _newest_day(self) -> date:
        """The last weekday whose rates are out."""
        day = (self._now() - timedelta(hours=PUBLISHED_HOUR)).date()
        return day - timedelta(days=max(day.weekday() - FRIDAY, 0))


def per_euro(day: date) -> dict[str, Decimal]:
    """What one euro costs on a day."""
    return {code: _swung(rate, day.toordinal() * 31 + ord(code[0])) for code, rate in PER_EURO.items()}


def per_dollar(hour: datetime) -> dict[str, Decimal]:
    """What one dollar costs in an hour."""
    day = per_euro(hour.date())
    euro = (1 / day["USD"]).quantize(Decimal("0.000001"))
    rates = {"EUR": euro, "USD": Decimal(1), "IRR": RIALS_PER_DOLLAR}
    return rates | {code: (euro * day[code]).quantize(Decimal("0.000001")) for code in ("CHF", "GBP")}


def _swung(rate: Decimal, seed: int) -> Decimal:
    """More or less than usual by a few thousandths, the same whenever asked."""
    step = (seed * 2_654_435_761 >> 7) % (2 * SWING + 1) - SWING
    return (rate * (1 + step * STEP)).quantize(STEP)


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
