"""Demo accounts, made through the front door: an investor with two years of history, operator, admin."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from capitalino.app.by_hand import service
from capitalino.app.demo.kept import Account, Kept, Story
from capitalino.app.demo.live import live
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


def run(folder: Folder) -> None:
    """Make what is missing; a second run, on whatever day, changes nothing."""
    shared = load(Shared)
    if shared.mode == "production":
        raise CannotStart("Demo accounts are not for production.")
    console = Console()
    accounts = asyncio.run(_make(folder, shared, console))
    for account in accounts:
        code = new_code(account.totp_secret)
        console.print(f"  {account.role:9} {account.email}   password {account.password}   code now {code}")
    console.print(f"\nSign in at {shared.public_url}. `capitalino demo` shows the codes of now again.")


async def _make(folder: Folder, shared: Shared, console: Console) -> list[Account]:
    kept = Kept.read(folder)
    await _require_running(shared.public_url)
    for role, email in PEOPLE.items():
        if role not in kept.accounts:
            console.print(f"{role}: {email} registers, confirms the mail and sets up the second factor")
            kept.accounts[role] = await _register(shared.public_url, role, email)
            kept.write()
    await _give_roles(kept.accounts)
    if kept.story is None:
        kept.story = Story.of(datetime.now(UTC).date())
        kept.write()
    if not kept.story.is_told:
        await _tell(kept, kept.story, shared.public_url, console)
    return list(kept.accounts.values())


async def _tell(kept: Kept, story: Story, url: str, console: Console) -> None:
    """What an operator takes over, then what the investor does herself."""
    investor = kept.accounts["investor"]
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("two years of history", total=None)

        def told(done: int, total: int) -> None:
            kept.write()
            progress.update(task, completed=done, total=total)

        async with _signed_in(url, kept.accounts["operator"]) as operator:
            await take_over(operator, investor.investor_id, story, told)
        progress.update(task, description="today: a deposit, two exchanges")
        async with _signed_in(url, investor) as visitor:
            await live(visitor, story.quotes, kept.write)
    story.is_told = True
    kept.write()


@asynccontextmanager
async def _signed_in(url: str, account: Account) -> AsyncGenerator[Visitor]:
    async with Visitor.at(url) as visitor:
        await visitor.sign_in(account.email, account.password, account.totp_secret)
        yield visitor


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


async def _give_roles(accounts: dict[str, Account]) -> None:
    async with service("auth") as given:
        logins = make(given).logins
        for role in ("operator", "admin"):
            login = await logins.find(accounts[role].email)
            if await logins.grant_role(login.user_id, role, by="capitalino demo"):
                typer.echo(f"{accounts[role].email} is {role} now.")
