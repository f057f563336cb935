"""How money looks in JSON, the same in every answer: `{"amount": "12.50", "asset": "EUR"}`."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from capitalino.money import Money

AmountText = Annotated[
    str,
    Field(
        pattern=r"^\d{1,30}(\.\d{1,18})?$",
        max_length=50,
        examples=["250.00"],
        description="A plain decimal number.",
    ),
]
"""An amount as people write it, never a JSON number."""

AssetCode = Annotated[str, Field(pattern=r"^[A-Z0-9._-]{2,20}$", examples=["EUR"])]


class MoneyOut(BaseModel):
    """An amount with its asset; a minus stands in front of what left."""

    model_config = ConfigDict(frozen=True)

    amount: str
    asset: str

    @classmethod
    def of(cls, money: Money) -> Self:
        """From whole units."""
        return cls(amount=money.amount, asset=money.asset.code)
