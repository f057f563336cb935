"""Commands about keys: what signs access tokens, and what seals stored data."""

from typing import Annotated

import typer

from capitalino.app.cli.options import AsJson, Var, use_stack

keys = typer.Typer(
    help="Keys: which there are, new ones, and dropping the old ones.",
    no_args_is_help=True,
)


@keys.command()
def status(*, as_json: AsJson = False, var: Var = None) -> None:
    """Show the keys that sign access tokens, and how many stored values each key seals."""
    from capitalino.app.keys import status as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(as_json=as_json)


@keys.command()
def rotate(
    *,
    now: Annotated[
        bool, typer.Option("--now", help="At once, and withdraw the old ones: they may be stolen.")
    ] = False,
    var: Var = None,
) -> None:
    """Sign access tokens with a new key, in a quarter of an hour, when everybody has seen it."""
    from capitalino.app.keys import rotate as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(is_now=now)


@keys.command()
def renew(var: Var = None) -> None:
    """Put a new sealing key before the old ones; after a restart everything is sealed again with it."""
    from capitalino.app.keys import renew_sealing as run  # noqa: PLC0415  # `--help` is quick

    run(use_stack(var).secrets)


@keys.command()
def drop(var: Var = None) -> None:
    """Drop the sealing keys that seal nothing any more. Backups from before need them: keep a copy apart."""
    from capitalino.app.keys import drop_sealing as run  # noqa: PLC0415  # `--help` is quick

    run(use_stack(var).secrets)
