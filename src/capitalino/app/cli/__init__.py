"""The `capitalino` command. Each command imports what it needs when it runs, so that `--help` is quick."""

import sys
from typing import Annotated

import typer

from capitalino.app.cli import admin, audit, data, keys, ledger, run, show

app = typer.Typer(
    name="capitalino",
    help="Capitalino: the platform for digital investment, from one command line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

DAILY, LOOK, DATA, CODE = "Daily", "Look", "Data", "Code"
HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
"""The sandbox reads its options itself, `--help` too."""

app.command(rich_help_panel=DAILY)(run.up)
app.command(rich_help_panel=DAILY)(run.down)
app.command(rich_help_panel=DAILY)(run.demo)
app.command(rich_help_panel=DAILY)(run.reset)
app.command(rich_help_panel=DAILY, add_help_option=False, context_settings=HANDED_ON)(run.sandbox)
app.command(rich_help_panel=LOOK)(show.status)
app.command(rich_help_panel=LOOK)(show.doctor)
app.command(rich_help_panel=LOOK)(show.logs)
app.command(rich_help_panel=LOOK)(show.services)
app.command(rich_help_panel=LOOK)(show.settings)
app.command(rich_help_panel=DATA)(data.migrate)
app.command(rich_help_panel=DATA)(data.backup)
app.command(rich_help_panel=DATA)(data.restore)
app.add_typer(data.events, name="events", rich_help_panel=DATA)
app.add_typer(ledger.ledger, name="ledger", rich_help_panel=DATA)
app.add_typer(audit.audit, name="audit", rich_help_panel=DATA)
app.add_typer(admin.admin, name="admin", rich_help_panel=DATA)
app.add_typer(keys.keys, name="keys", rich_help_panel=DATA)
app.command(rich_help_panel=CODE)(run.serve)
app.command(rich_help_panel=CODE)(show.openapi)
app.command(rich_help_panel=CODE)(show.generated)


def _version(*, asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  # see above

        typer.echo(version("capitalino"))
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda asked: _version(asked=asked), is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Capitalino: the platform for digital investment, from one command line."""


def main() -> None:
    """The entry point. What cannot be done is said in one sentence: exit code 1, or 2 for a wrong name."""
    from capitalino.app.stack.errors import CannotStart  # noqa: PLC0415  # see above

    try:
        app()
    except CannotStart as refused:
        typer.echo(f"capitalino: {refused}", err=True)
        sys.exit(1)
    except ValueError as refused:
        from capitalino.app.catalog import UnknownService  # noqa: PLC0415  # loads a lot, and is rarely needed

        if not isinstance(refused, UnknownService):
            raise
        typer.echo(f"capitalino: {refused}", err=True)
        sys.exit(2)
