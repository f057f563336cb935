"""Commands about what is stored."""

from pathlib import Path
from typing import Annotated

import typer

from capitalino.app.cli.options import Var, Yes, folder_of, stack_settings, use_stack

events = typer.Typer(help="Facts that could not be handled, and facts told again.", no_args_is_help=True)


def migrate(
    service: Annotated[str | None, typer.Argument(help="One service; all without it.")] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail when tables and migrations differ.")
    ] = False,
    var: Var = None,
) -> None:
    """Bring the schemas to their newest revision, each by its owner. Two at once wait for each other."""
    import asyncio  # noqa: PLC0415  # `--help` is quick

    from capitalino.app.migrate import migrate as run  # noqa: PLC0415  # the same

    use_stack(var)
    for line in asyncio.run(run(service, check=check)):
        typer.echo(line)


def backup(
    to: Annotated[
        Path | None, typer.Argument(help="A new folder.", show_default="var/backups/<time>")
    ] = None,
    var: Var = None,
) -> None:
    """Copy everything of the running stack into a folder, and verify the copy."""
    from capitalino.app.stack.backup import backup as make  # noqa: PLC0415  # `--help` is quick

    typer.echo(make(stack_settings(var), to))


def restore(
    source: Annotated[Path, typer.Argument(help="What `capitalino backup` has made.")],
    *,
    yes: Yes = False,
    var: Var = None,
) -> None:
    """Put a backup back, after verifying it. Refuses while the stack runs; what was there is put aside."""
    from capitalino.app.stack.backup import restore as put_back  # noqa: PLC0415  # `--help` is quick

    folder = folder_of(var)
    if not yes:
        typer.confirm(f"Replace the data in {folder.root} by {source}?", abort=True)
    typer.echo(put_back(stack_settings(var), source))


@events.command()
def parked(service: Annotated[str, typer.Argument(help="Whose parked events.")], var: Var = None) -> None:
    """Show the events that could not be handled, with what stood in their way."""
    from capitalino.app.events import parked as show  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    show(service)


@events.command()
def retry(
    service: Annotated[str, typer.Argument(help="Whose parked events.")],
    event: Annotated[str | None, typer.Argument(help="One event's id; all without it.")] = None,
    var: Var = None,
) -> None:
    """Handle parked events again, once what stood in their way is mended."""
    from capitalino.app.events import retry as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(service, event)


@events.command()
def rebuild(
    service: Annotated[str, typer.Argument(help="The service whose read model is made anew (analytics).")],
    stalled_s: Annotated[
        float, typer.Option("--wait", min=0, help="Give up after so many seconds in which nothing came.")
    ] = 30,
    var: Var = None,
) -> None:
    """Empty a read model and fill it again from all facts, while everything runs.

    Until it is filled, its figures are those of the facts heard so far.
    """
    from capitalino.app.events import rebuild as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(service, stalled_s)


@events.command()
def replay(
    source: Annotated[str, typer.Argument(help="The service whose facts are told again.")],
    first: Annotated[int, typer.Argument(min=1, help="From this position on.")] = 1,
    var: Var = None,
) -> None:
    """Tell facts again from the outbox, after the stream was lost. Who has heard them skips them."""
    from capitalino.app.events import replay as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(source, first)
