"""Commands that look and change nothing."""

from typing import Annotated

import typer

from capitalino.app.cli.options import AsJson, Var, folder_of, stack_settings, use_stack


def status(*, as_json: AsJson = False, var: Var = None) -> None:
    """What runs, where, since when, and how often it was started again. Exit code 3 when nothing runs."""
    from capitalino.app.stack.status import show  # noqa: PLC0415  # `--help` is quick

    raise typer.Exit(show(folder_of(var), as_json=as_json))


def doctor(*, as_json: AsJson = False, var: Var = None) -> None:
    """Every component's version, health and address. Exit code 1 when one of them is not well."""
    from capitalino.app.doctor import examine  # noqa: PLC0415  # `--help` is quick

    raise typer.Exit(examine(stack_settings(var), as_json=as_json))


def logs(
    part: Annotated[
        str | None, typer.Argument(help="One part (see `capitalino status`); all without it.")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of what was.")] = 40,
    var: Var = None,
) -> None:
    """What the parts say."""
    from capitalino.app.stack.logs import show  # noqa: PLC0415  # `--help` is quick

    show(folder_of(var), part, lines=lines, follow=follow)


def services() -> None:
    """The services: what each owns, asks, hears and tells."""
    from capitalino.app.services_table import show  # noqa: PLC0415  # `--help` is quick

    show()


def settings(var: Var = None) -> None:
    """Every setting: its name, value (secrets as dots), where it comes from, and a sentence."""
    from capitalino.app.settings_table import show  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    show()


def openapi() -> None:
    """The whole API as an OpenAPI document. Needs no server."""
    import json  # noqa: PLC0415  # `--help` is quick

    from capitalino.app.openapi import openapi as document  # noqa: PLC0415  # the same

    typer.echo(json.dumps(document(), indent=2, sort_keys=True))


def generated(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a file is out of date.")
    ] = False,
) -> None:
    """Write what follows from the code: API document, event schemas, import contracts."""
    from capitalino.app.compatible import Incompatible  # noqa: PLC0415  # `--help` is quick
    from capitalino.app.generated import write  # noqa: PLC0415  # the same
    from capitalino.app.stack.settings import PROJECT  # noqa: PLC0415  # the same

    try:
        stale = write(PROJECT, check=check)
    except Incompatible as refused:
        typer.echo(refused)
        raise typer.Exit(1) from None
    for name in stale:
        typer.echo(f"{name} {'is out of date: run `make generated`' if check else 'written'}")
    if stale and check:
        raise typer.Exit(1)
