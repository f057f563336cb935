"""How users is put together."""

import hashlib

from capitalino.contracts.ledger.api import LedgerAccounts
from capitalino.contracts.users.api import UsersInvestors
from capitalino.contracts.users.events import ProfileChanged
from capitalino.kit.crypto import Key, KeyRing
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.users.routes import routes
from capitalino.services.users.service import Users
from capitalino.services.users.settings import UsersSettings
from capitalino.services.users.tables import schema


def build(given: Given) -> Parts:
    """Wire it; nothing is opened yet."""
    users = Users(given.db, given.clock, _ring(given), given.peer(LedgerAccounts))
    return Parts(
        router=routes(users),
        apis={UsersInvestors: users},
        loops=(Loop("users-accounts", 5, users.resume),),
    )


def _ring(given: Given) -> KeyRing:
    """Without keys, development goes on with one that everybody knows."""
    keys = given.settings_as(UsersSettings).keys
    if keys:
        text = keys.get_secret_value()
        return KeyRing.parse(text if ":" in text else f"k1:{text}")
    if given.shared.mode == "production":
        raise ValueError("production needs CAPITALINO_USERS_KEYS")
    return KeyRing([Key("development", hashlib.sha256(b"capitalino: for development only").digest())])


module = Module(
    name="users",
    build=build,
    words=("me",),
    schema=schema,
    settings=UsersSettings,
    apis=(UsersInvestors,),
    asks=(LedgerAccounts,),
    tells=(ProfileChanged,),
)
