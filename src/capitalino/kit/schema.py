"""One service's corner of PostgreSQL: its own tables, and those of the kit beside them."""

from sqlalchemy import MetaData

from capitalino.kit.tables import KitTables

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Schema:
    """One service's corner of PostgreSQL.

    `guarded`: the serving role may only read, and execute functions.
    """

    def __init__(self, name: str, *, guarded: bool = False) -> None:
        self.name = name
        self.guarded = guarded
        self.metadata = MetaData(schema=name, naming_convention=NAMING)
        self.kit = KitTables(name)
