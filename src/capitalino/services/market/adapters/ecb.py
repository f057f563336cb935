"""The European Central Bank's daily file: `eurofxref-daily.xml`, once for each bank day."""

from xml.parsers import expat

from capitalino.services.market.adapters.believed import day_at, sheet
from capitalino.services.market.adapters.port import SourceTrouble, malformed
from capitalino.services.market.domain.rates import Sheet

CUBE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref Cube"
BASE = "EUR"


def read(content: bytes) -> Sheet:
    """What the file says. A document that declares a type of its own, and so entities, is not read."""
    days: list[str] = []
    told: list[tuple[object, object]] = []

    def element(name: str, attributes: dict[str, str]) -> None:
        if name != CUBE:
            return
        if "time" in attributes:
            days.append(attributes["time"])
        if "currency" in attributes:
            told.append((attributes["currency"], attributes.get("rate")))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position only
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise malformed("The answer is not XML.") from error
    if len(days) != 1:
        raise malformed("The answer is not the file of one day.")
    return sheet(BASE, BASE, day_at(days[0]), told)


def _refuse(*_: object) -> SourceTrouble:
    raise malformed("The answer is not the file of one day.")
