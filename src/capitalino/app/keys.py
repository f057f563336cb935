"""Keys by hand: those that sign access tokens, and those that seal what is stored."""

import asyncio
import base64
import getpass
import json
import secrets
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from capitalino.app.by_hand import service
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import replace
from capitalino.kit.crypto import KEY_BYTES
from capitalino.kit.crypto.resealing import Resealing
from capitalino.services.auth.module import make
from capitalino.services.auth.service import Auth
from capitalino.services.users.module import resealing as users_resealing

SEALING = ("users", "auth")
"""The services that seal what they store, by the setting `keys`."""


def rotate(*, is_now: bool) -> None:
    """A new signing key: soon, or at once with the old ones withdrawn."""
    made = asyncio.run(_rotate(is_now=is_now))
    if is_now:
        typer.echo(
            f"Key {made.kid} signs. What the others have signed is refused everywhere within two seconds;"
            " sessions go on with a new access token."
        )
    else:
        typer.echo(f"Key {made.kid} is in the JWKS and signs from {made.signs_from:%H:%M:%S} UTC on.")


def status(*, as_json: bool) -> None:
    """Which keys there are, and what still hangs on each."""
    found = asyncio.run(_status())
    if as_json:
        typer.echo(json.dumps(found))
        return
    for key in found["signing"]:
        typer.echo(
            f"signing  {key['kid']}  {key['state']}  from {key['signs_from']}  until {key['signs_until']}"
        )
    for name, counted in found["sealing"].items():
        for key_id, values in counted.items():
            typer.echo(f"sealing  {name}  {key_id}  values {values:,}")


def renew_sealing(folder: Path) -> None:
    """A new key before the old ones, in the files that the stack's services read."""
    for name in SEALING:
        path = _file(folder, name)
        old = path.read_text().strip()
        made = (
            f"k{datetime.now(UTC):%Y%m%d%H%M%S}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
        )
        replace(path, f"{made},{old if ':' in old else f'k1:{old}'}")
        typer.echo(f"{path.name} begins with a new key.")
    typer.echo(
        "Start the services again (`capitalino down`, `capitalino up`). They seal everything again by"
        " themselves; `capitalino keys status` says how far it is, `capitalino keys drop` drops old keys."
    )


def drop_sealing(folder: Path) -> None:
    """Take away the keys that seal nothing any more."""
    counted = asyncio.run(_status())["sealing"]
    for name in SEALING:
        path = _file(folder, name)
        first, *older = path.read_text().strip().split(",")
        if busy := [one for one in older if counted[name].get(one.partition(":")[0], 0)]:
            ids = ", ".join(one.partition(":")[0] for one in busy)
            raise CannotStart(
                f"{name}: {ids} still seals values; wait until `capitalino keys status` says 0."
            )
        replace(path, first)
        typer.echo(f"{path.name}: {len(older)} dropped.")


async def _rotate(*, is_now: bool) -> Any:
    by = f"command:{getpass.getuser()}"
    async with _auth() as auth:
        return await (auth.keys.replace_all(by=by) if is_now else auth.keys.rotate_soon(by=by))


async def _status() -> dict[str, Any]:
    now = datetime.now(UTC)
    async with _auth() as auth:
        signing = [
            {
                "kid": key.kid,
                "state": key.state(now),
                "signs_from": key.signs_from.isoformat(timespec="seconds"),
                "signs_until": key.signs_until.isoformat(timespec="seconds"),
            }
            for key in await auth.keys.every()
        ]
        sealing = {"auth": _with_all(auth.resealing, await auth.resealing.counted())}
    async with service("users") as given:
        users = users_resealing(given)
        sealing["users"] = _with_all(users, await users.counted())
    return {"signing": signing, "sealing": sealing}


def _with_all(resealing: Resealing, counted: Counter[str]) -> dict[str, int]:
    """Those of the setting too that seal nothing (yet, or any more)."""
    return {key_id: counted[key_id] for key_id in dict.fromkeys([*resealing.key_ids, *counted])}


@asynccontextmanager
async def _auth() -> AsyncGenerator[Auth]:
    async with service("auth") as given:
        yield make(given)


def _file(folder: Path, name: str) -> Path:
    path = folder / f"capitalino_{name}_keys"
    if not path.exists():
        raise CannotStart(
            f"There is no {path}: where keys come from elsewhere, put a new one before the old ones there,"
            " `id:base64 of 32 bytes` with a comma between."
        )
    return path
