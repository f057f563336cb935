"""Commands about logins: the first admin, roles, emergency access, closing the door."""

from typing import Annotated

import typer

from capitalino.app.cli.options import Var, Yes, use_stack

admin = typer.Typer(
    help="Who may do what: the first admin, roles, emergency access, locked logins. All of it is audited.",
    no_args_is_help=True,
)
Address = Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address of the login.")]
Role = Annotated[
    str, typer.Argument(help="support, operator, compliance, treasurer, auditor, admin or investor.")
]
Language = Annotated[str, typer.Option("--language", help="Of mails to them: en or fa.")]


@admin.command()
def first(address: Address, language: Language = "en", var: Var = None) -> None:
    """Make the first admin: prints a link, good once, to choose a password. Refused once there is one."""
    from capitalino.app.admins import first as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(address, _known(language))


@admin.command(name="list")
def staff(var: Var = None) -> None:
    """Show everybody with a role beside the investor's."""
    from capitalino.app.admins import staff as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    for line in run():
        typer.echo(line)


@admin.command()
def grant(address: Address, role: Role, var: Var = None) -> None:
    """Give a role. It acts at once."""
    from capitalino.app.admins import grant as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(address, role)


@admin.command()
def withdraw(address: Address, role: Role, var: Var = None) -> None:
    """Take a role away. It acts at once."""
    from capitalino.app.admins import withdraw as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(address, role)


@admin.command()
def lock(address: Address, var: Var = None) -> None:
    """Lock a login: its sessions, tokens and sockets end at once, and nothing new is issued."""
    _stand(address, "locked", var)


@admin.command()
def disable(address: Address, var: Var = None) -> None:
    """The same, for good: whoever has left."""
    _stand(address, "disabled", var)


@admin.command()
def unlock(address: Address, var: Var = None) -> None:
    """Let a login in again."""
    _stand(address, "active", var)


@admin.command()
def everybody_out(*, yes: Yes = False, var: Var = None) -> None:
    """End every session and revoke every API key, after a theft of keys or data."""
    from capitalino.app.admins import everybody_out as run  # noqa: PLC0415  # `--help` is quick

    if not yes:
        typer.confirm("Sign everybody out and revoke all API keys?", abort=True)
    use_stack(var)
    run()


@admin.command()
def break_glass(
    address: Address,
    reason: Annotated[str, typer.Option("--reason", prompt=True, help="Why; it stays in the audit log.")],
    minutes: Annotated[int, typer.Option("--minutes", min=5, max=240, help="How long it lasts.")] = 60,
    language: Language = "en",
    var: Var = None,
) -> None:
    """Emergency access: an admin's rights for a while. Every admin gets a mail, the log an alarm."""
    from capitalino.app.admins import break_glass as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(address, _known(language), minutes, reason)


def _stand(address: str, standing: str, var: Var) -> None:
    from capitalino.app.admins import stand as run  # noqa: PLC0415  # `--help` is quick

    use_stack(var)
    run(address, standing)


def _known(language: str) -> str:
    if language not in {"en", "fa"}:
        raise typer.BadParameter("en or fa", param_hint="--language")
    return language
