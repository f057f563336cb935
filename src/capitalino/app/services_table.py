"""The services as the catalogue lists them."""

from rich.console import Console
from rich.table import Table

from capitalino.app.catalog import chosen
from capitalino.kit.rpc import service_name


def show() -> None:
    """Print them."""
    table = Table(box=None, pad_edge=False)
    for heading in ("service", "paths below /api/v1", "asks", "hears", "tells"):
        table.add_column(heading, overflow="fold")
    for module in chosen(["all"]):
        asks = _lines({service_name(api) for api in module.asks})
        hears = _lines({event.subject for event in module.hears})
        tells = _lines({event.subject for event in module.tells})
        table.add_row(module.name, _lines(set(module.words)), asks, hears, tells)
    Console().print(table)


def _lines(words: set[str]) -> str:
    return "\n".join(sorted(words))
