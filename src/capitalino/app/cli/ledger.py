"""Commands about the book of record: prove it, and print what proves it elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from capitalino.app.cli.options import Var, use_stack

ledger = typer.Typer(
    help="Prove that the book is what was written. They only read, but everything: not for a busy hour.",
    no_args_is_help=True,
)


@ledger.command()
def verify(
    first: Annotated[int, typer.Option("--from-block", min=1, help="Begin the walk here.")] = 1,
    kept: Annotated[
        Path | None, typer.Option("--kept", help="Checkpoints that were kept elsewhere, as printed.")
    ] = None,
    var: Var = None,
) -> None:
    """Make the chain again from the rows, check signatures and books. Exit code 1 names what is broken."""
    from capitalino.app.ledger import verify as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(first, kept)


@ledger.command()
def replay(var: Var = None) -> None:
    """Rebuild every balance from the entries alone, and compare. Exit code 1 names what differs."""
    from capitalino.app.ledger import replay as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run()


@ledger.command()
def checkpoints(
    after: Annotated[int, typer.Option("--after", min=0, help="Of blocks behind this one.")] = 0,
    var: Var = None,
) -> None:
    """Print the signed heads of the chain, a line of JSON each: keep them where nobody reaches both."""
    from capitalino.app.ledger import checkpoints as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(after)
