"""Commands that start and stop things."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from capitalino.app.cli.options import Var, Yes, folder_of, stack_settings, use_stack


def up(
    *,
    shape: Annotated[
        Literal["one", "many"], typer.Option(help="All services in one process, or one for each.")
    ] = "one",
    port: Annotated[
        int | None, typer.Option(help="The edge's port (or PORT); 0: any free one.", show_default="8000")
    ] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Also for other devices of the local network, such as a phone.")
    ] = False,
    web: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The built web app.", show_default="web/dist")
    ] = None,
    var: Var = None,
) -> None:
    """Start everything on this machine: database, bus, cache, services and the web app.

    Runs until Ctrl-C. Data, generated secrets and logs live in `var/` and survive. Servers whose URL is set
    (CAPITALINO_POSTGRES_URL, CAPITALINO_NATS_URL, CAPITALINO_VALKEY_URL) are used instead of own ones.
    """
    from capitalino.app.stack.place import Options  # noqa: PLC0415  # `--help` is quick
    from capitalino.app.stack.up import run  # noqa: PLC0415  # the same

    settings = stack_settings(var)
    wished = {"port": port, "web_dir": web}
    settings = settings.model_copy(
        update={name: value for name, value in wished.items() if value is not None}
    )
    raise typer.Exit(run(settings, Options(shape=shape, lan=lan)))


def down(var: Var = None) -> None:
    """Stop what `capitalino up` has started, from another terminal."""
    from capitalino.app.stack.down import down as stop  # noqa: PLC0415  # `--help` is quick

    typer.echo(stop(folder_of(var)))


def reset(*, yes: Yes = False, var: Var = None) -> None:
    """Forget everything: all data, secrets and logs of this folder. Backups stay."""
    from capitalino.app.stack.down import forget  # noqa: PLC0415  # `--help` is quick

    folder = folder_of(var)
    if not yes:
        typer.confirm(f"Delete all data, secrets and logs in {folder.root}?", abort=True)
    forget(folder)
    typer.echo("All forgotten: `capitalino up` begins anew.")


def serve(
    services: Annotated[list[str], typer.Argument(metavar="SERVICE…", help="`all`, or their names.")],
    port: Annotated[int, typer.Option(help="Where HTTP is answered.")] = 8001,
    live_port: Annotated[int, typer.Option(help="Where sockets are answered (notifications).")] = 8002,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Run services in this process, until SIGTERM.

    One image, any grouping: `capitalino serve all`, `capitalino serve payments ledger`.
    Addresses of the servers come from settings (`capitalino settings`).
    """
    from capitalino.app.process import serve as run  # noqa: PLC0415  # `--help` is quick

    run(services, host=host, port=port, live_port=live_port)


def sandbox(context: typer.Context) -> None:
    """Play the outside world alone: four exchanges and a mail catcher, with recorded prices or a file's."""
    # In place of this process, so that signals reach it; nothing of ours imports the sandbox.
    os.execv(sys.executable, [sys.executable, "-m", "capitalino.sandbox", *context.args])  # noqa: S606


def demo(var: Var = None) -> None:
    """Make demo accounts: an investor with two years of history, an operator, an admin."""
    from capitalino.app.demo import run  # noqa: PLC0415  # `--help` is quick

    run(use_stack(var))
