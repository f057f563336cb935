"""Commands about the audit logs: prove them, print what proves them elsewhere, look something up."""

from pathlib import Path
from typing import Annotated

import typer

from capitalino.app.cli.options import Var, use_stack

audit = typer.Typer(
    help="Who did what, and who read what of whom: prove that nothing of it was changed, and look it up.",
    no_args_is_help=True,
)
Service = Annotated[str, typer.Option("--service", help="One service's log, or several with commas.")]


@audit.command()
def verify(
    service: Service = "all",
    kept: Annotated[
        Path | None, typer.Option("--kept", help="Heads that were kept elsewhere, as printed.")
    ] = None,
    var: Var = None,
) -> None:
    """Walk every log and check each row and signature. Exit code 1 names the first row that is wrong."""
    from capitalino.app.audit import verify as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(service, kept)


@audit.command()
def heads(
    service: Service = "all",
    after: Annotated[int, typer.Option("--after", min=0, help="Of rows behind this one.")] = 0,
    var: Var = None,
) -> None:
    """Print the signed heads, a line of JSON each: keep them where nobody reaches both."""
    from capitalino.app.audit import heads as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(service, after)


@audit.command()
def show(
    subject: Annotated[str, typer.Argument(help="`login:<id>`, `conversion:<id>`, …, or who did it.")],
    service: Service = "all",
    var: Var = None,
) -> None:
    """Print what was done to something, or by somebody, the newest first, a line of JSON each."""
    from capitalino.app.audit import show as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(subject, service)
