"""Migrations of all services, each by the owner of its schema."""

from capitalino.app.catalog import chosen
from capitalino.app.stack.errors import CannotStart
from capitalino.kit import migrations
from capitalino.kit.settings import load


async def migrate(service: str | None, *, check: bool) -> list[str]:
    """Upgrade, or only check, one service or all; a line for each."""
    lines = []
    for module in chosen([service or "all"]):
        if module.schema is None:
            continue
        url = load(module.settings).owner_database_url
        if url is None:
            raise CannotStart(
                f"CAPITALINO_{module.name.upper()}_OWNER_DATABASE_URL is not set: "
                "`capitalino up` migrates by itself, elsewhere the owner's URL is needed."
            )
        if check:
            await migrations.check(url.get_secret_value(), module.schema)
        else:
            await migrations.upgrade(url.get_secret_value(), module.schema)
        lines.append(
            f"{module.name}: {'as the tables say' if check else 'at ' + migrations.head(module.schema)}"
        )
    return lines
