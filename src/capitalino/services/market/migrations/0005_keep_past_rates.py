"""Keep the reference rates of past days: what one euro cost on each."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
create table rate_day (
    asset text    not null constraint fk_rate_day_asset references asset (code),
    day   date    not null,
    rate  numeric not null,
    constraint pk_rate_day primary key (asset, day),
    constraint ck_rate_day_rate check (rate > 0 and rate < 'infinity')
)"""


def upgrade() -> None:
    """Forward only."""
    op.execute(sa.text(TABLE))
