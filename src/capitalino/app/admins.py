"""Logins by hand: the first admin, emergency access, roles, and closing the door."""

import asyncio
import getpass
from datetime import timedelta
from uuid import UUID

import typer

from capitalino.app.by_hand import service
from capitalino.kit.module import Given
from capitalino.kit.settings import Shared, load
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.module import make
from capitalino.services.auth.service.admins import Entrusted


def first(address: str, language: str) -> None:
    """Make the first admin, and print the link by which they choose a password."""
    entrusted = asyncio.run(_first(address, language))
    typer.echo(f"{address} is an admin now.")
    _say_how_in(entrusted)


def break_glass(address: str, language: str, minutes: int, reason: str) -> None:
    """Give an admin's rights for a while; every admin gets a mail about it."""
    entrusted = asyncio.run(_break_glass(address, language, minutes, reason))
    typer.echo(f"{address} has an admin's rights until {entrusted.ends_at:%Y-%m-%d %H:%M} UTC.")
    typer.echo("Every admin is told by mail, and the audit log has it, with your reason.")
    _say_how_in(entrusted)


def grant(address: str, role: str) -> None:
    """Give a role for good."""
    is_new = asyncio.run(_role(address, role, is_given=True))
    typer.echo(f"{address} {'is' if is_new else 'was already'} {role}.")


def withdraw(address: str, role: str) -> None:
    """Take a role away; tokens with it are dead at once."""
    was = asyncio.run(_role(address, role, is_given=False))
    typer.echo(f"{address} {'is no longer' if was else 'was not'} {role}.")


def stand(address: str, standing: str) -> None:
    """Lock, disable or unlock a login."""
    asyncio.run(_stand(address, Standing(standing)))
    typer.echo(f"The login of {address} is {standing}.")


def everybody_out() -> None:
    """End every session."""
    count = asyncio.run(_everybody_out())
    typer.echo(f"Signed out: {count:,} logins. Their API keys are revoked.")


def staff() -> list[str]:
    """A line for each role of each member of the staff."""
    return asyncio.run(_staff())


async def _first(address: str, language: str) -> Entrusted:
    async with service("auth") as given:
        return await make(given).admins.first(address, language, by=_by())


async def _break_glass(address: str, language: str, minutes: int, reason: str) -> Entrusted:
    async with service("auth") as given:
        lasts = timedelta(minutes=minutes)
        return await make(given).admins.break_glass(address, language, lasts, reason=reason, by=_by())


async def _role(address: str, role: str, *, is_given: bool) -> bool:
    async with service("auth") as given:
        logins = make(given).logins
        change = logins.grant_role if is_given else logins.withdraw_role
        return await change(await _user(given, address), role, by=_by())


async def _stand(address: str, standing: Standing) -> None:
    async with service("auth") as given:
        await make(given).logins.stand(await _user(given, address), standing, by=_by())


async def _everybody_out() -> int:
    async with service("auth") as given:
        return await make(given).logins.sign_out_everybody(by=_by())


async def _staff() -> list[str]:
    async with service("auth") as given:
        return [
            f"{address}  {role}{f' until {ends_at:%Y-%m-%d %H:%M} UTC' if ends_at else ''}  {standing}"
            for address, role, ends_at, standing in await make(given).admins.staff()
        ]


async def _user(given: Given, address: str) -> UUID:
    return (await make(given).logins.find(address)).user_id


def _say_how_in(entrusted: Entrusted) -> None:
    if entrusted.token is None:
        typer.echo("They sign in as they always do.")
        return
    link = f"{load(Shared).public_url.rstrip('/')}/reset-password?token={entrusted.token}"
    typer.echo(
        "With this link, within half an hour and once, they choose a password; the second factor is set up"
        f" at the first sign-in. Hand it over in person:\n{link}"
    )


def _by() -> str:
    """Who does it, for the audit log."""
    return f"command:{getpass.getuser()}"
