"""How users is put together."""

from capitalino.contracts.ledger.api import LedgerAccounts
from capitalino.contracts.users.api import UsersInvestors
from capitalino.contracts.users.events import ProfileChanged
from capitalino.kit.crypto import KeyRing
from capitalino.kit.crypto.resealing import Resealing, Sealed
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.users.routes import routes
from capitalino.services.users.service import Users
from capitalino.services.users.settings import UsersSettings
from capitalino.services.users.tables import person_key, schema

PERSON_KEYS = Sealed(person_key.c.sealed, person_key.c.user_id, ("person_key", "sealed"))


def build(given: Given) -> Parts:
    """Wire it; nothing is opened yet."""
    users = Users(given.db, given.clock, _ring(given), given.peer(LedgerAccounts))
    return Parts(
        router=routes(users),
        apis={UsersInvestors: users},
        loops=(
            Loop("users-accounts", 5, users.resume),
            Loop("users-resealing", 60, resealing(given).round, lease=True),
        ),
    )


def resealing(given: Given) -> Resealing:
    """What seals the keys of persons again."""
    ring = _ring(given)
    return Resealing(given.db, ring, (PERSON_KEYS,), ring.sealed_again)


def _ring(given: Given) -> KeyRing:
    """Without keys, development goes on with one that everybody knows."""
    keys = given.settings_as(UsersSettings).keys
    if keys is None and given.shared.mode == "production":
        raise ValueError("production needs CAPITALINO_USERS_KEYS")
    return KeyRing.told(keys.get_secret_value() if keys else None)


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
