"""Every setting as it is now: its value, where it comes from, and what it means."""

from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from capitalino.app.catalog import chosen
from capitalino.app.generated import settings_classes
from capitalino.kit.settings import Settings, load


def show() -> None:
    """Print the table; secrets as dots."""
    table = Table("setting", "value", "from", "what it means", box=None, pad_edge=False)
    for owner, cls in settings_classes(chosen(["all"])):
        table.add_row(f"[bold]{owner}[/bold]")
        for row in rows(cls):
            table.add_row(*row)
    Console().print(table)


def rows(cls: type[Settings]) -> list[tuple[str, str, str, str]]:
    """One row for each field: name, value, `set` or `default`, its sentence."""
    settings = load(cls)
    prefix = str(cls.model_config.get("env_prefix", ""))
    found = []
    for name, field in cls.model_fields.items():
        origin = "set" if name in settings.model_fields_set else "default"
        value = _shown(getattr(settings, name))
        found.append(((prefix + name).upper(), value, origin, field.description or ""))
    return found


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "•••"
    return "" if value is None else str(value)
