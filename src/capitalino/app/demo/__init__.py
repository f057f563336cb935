"""Demo accounts, made through the front door: an investor with two years of history, operator, admin."""

import asyncio
import json
import secrets
from dataclasses import asdict, dataclass

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from capitalino.app.build import given_to
from capitalino.app.catalog import module
from capitalino.app.demo.past import take_over
from capitalino.app.demo.visitor import Visitor, new_code
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.kit.settings import Shared, load
from capitalino.services.auth.module import make

PEOPLE = {
    "investor": "ana@capitalino.example",
    "operator": "omid@capitalino.example",
    "admin": "ada@capitalino.example",
}
MAIL_S = 20.0


@dataclass
class Account:
    """A demo login. Its password and secret are made for this installation; there are no default ones."""

    role: str
    email: str
    password: str
    totp_secret: str = ""
    investor_id: str = ""


def run(folder: Folder) -> None:
    """Make what is missing; a second run changes nothing."""
    shared = load(Shared)
    if shared.mode == "production":
        raise CannotStart("Demo accounts are not for production.")
    console = Console()
    accounts = asyncio.run(_make(folder, shared, console))
    for account in accounts:
        code = new_code(account.totp_secret)
        console.print(f"  {account.role:9} {account.email}   password {account.password}   code now {code}")
    console.print(f"\nSign in at {shared.public_url}. `capitalino demo` shows the codes of now again.")


def _read(folder: Folder) -> dict[str, Account]:
    try:
        rows = json.loads((folder.root / "demo.json").read_text())["accounts"]
    except (OSError, ValueError, KeyError):
        return {}
    return {row["role"]: Account(**row) for row in rows}


def _write(folder: Folder, accounts: dict[str, Account]) -> None:
    path = folder.root / "demo.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"accounts": [asdict(account) for account in accounts.values()]}, indent=2))


async def _make(folder: Folder, shared: Shared, console: Console) -> list[Account]:
    accounts = _read(folder)
    await _require_running(shared.public_url)
    for role, email in PEOPLE.items():
        if role not in accounts:
            console.print(f"{role}: {email} registers, confirms the mail and sets up the second factor")
            accounts[role] = await _register(shared.public_url, role, email)
            _write(folder, accounts)
    await _give_roles(shared, accounts)
    operator = accounts["operator"]
    async with Visitor.at(shared.public_url) as visitor:
        await visitor.sign_in(operator.email, operator.password, operator.totp_secret)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("two years of history", total=None)
            await take_over(
                visitor,
                accounts["investor"].investor_id,
                lambda done, total: progress.update(task, completed=done, total=total),
            )
    return list(accounts.values())


async def _require_running(url: str) -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as web:
        try:
            (await web.get(f"{url}/readyz")).raise_for_status()
        except httpx.HTTPError:
            raise CannotStart(f"Nothing is ready at {url}: `capitalino up` first.") from None


async def _register(url: str, role: str, email: str) -> Account:
    account = Account(role, email, f"demo-{secrets.token_urlsafe(12)}")
    async with Visitor.at(url) as visitor:
        await visitor.register(account.email, account.password)
        await visitor.confirm(account.email, MAIL_S)
        account.totp_secret = await visitor.set_up(account.email, account.password)
        account.investor_id = visitor.user["investor_id"]
    return account


async def _give_roles(shared: Shared, accounts: dict[str, Account]) -> None:
    given = given_to(module("auth"), shared)
    logins = make(given).logins
    try:
        for role in ("operator", "admin"):
            login = await logins.find(accounts[role].email)
            if await logins.grant_role(login.user_id, role, by="capitalino demo"):
                typer.echo(f"{accounts[role].email} is {role} now.")
    finally:
        await given.cache.aclose()
        await given.db.close()
