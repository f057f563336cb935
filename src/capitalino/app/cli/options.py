"""Options that several commands share, and what they come to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from capitalino.app.stack.folder import Folder
    from capitalino.app.stack.settings import StackSettings

Var = Annotated[
    Path | None,
    typer.Option(
        "--var",
        metavar="DIR",
        help="The folder of data, secrets and logs (or CAPITALINO_VAR).",
        show_default="var",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def stack_settings(var: Path | None = None) -> "StackSettings":
    """The stack's settings, with the folder that was asked for."""
    from capitalino.app.stack.settings import StackSettings  # noqa: PLC0415  # `--help` is quick
    from capitalino.kit.settings import load  # noqa: PLC0415  # the same

    settings = load(StackSettings)
    return settings.model_copy(update={"var": var.absolute()}) if var else settings


def folder_of(var: Path | None) -> "Folder":
    """The folder that was asked for."""
    from capitalino.app.stack.folder import Folder  # noqa: PLC0415  # `--help` is quick

    return Folder(stack_settings(var).var)


def use_stack(var: Path | None) -> "Folder":
    """The folder, with the settings that its stack gives the services."""
    from capitalino.app.stack.plan import ENVIRONMENT  # noqa: PLC0415  # `--help` is quick
    from capitalino.app.stack.settings import adopt  # noqa: PLC0415  # the same

    folder = folder_of(var)
    if folder.secrets.is_dir():
        adopt(folder.read(ENVIRONMENT) or {}, folder.secrets)
    return folder
