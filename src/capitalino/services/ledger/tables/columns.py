"""The schema, and the kinds of column that its tables share."""

from sqlalchemy import DateTime, Numeric, Text, text

from capitalino.kit.db import Schema

schema = Schema("ledger", guarded=True)
UNITS = Numeric(38, 0)
WORD = Text(collation="C")
AT = DateTime(timezone=True)
NOUGHT = text("0")
NOW = text("now()")
