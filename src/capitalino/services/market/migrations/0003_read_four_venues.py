"""Read four venues: list the instruments at Kraken, OKX and Coinbase as well."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# OKX tells no least worth of an order, only a least amount.
LISTINGS = """
insert into listing (venue, instrument, price_tick, lot, cost_min)
select v.venue, i.instrument, 0.01, i.lot, v.cost_min
  from (values ('kraken', 5), ('okx', 0), ('coinbase', 5)) as v (venue, cost_min)
 cross join (values ('BTC/EUR', 0.00001), ('ETH/EUR', 0.0001), ('LTC/EUR', 0.001)) as i (instrument, lot)
    on conflict (venue, instrument) do nothing"""


def upgrade() -> None:
    """Forward only."""
    op.execute(sa.text(LISTINGS))
