"""What is refused because of what the house has."""

from capitalino.kit.errors import AppError, Kind


class InventoryShort(AppError):
    """The house has too little set apart to exchange from."""

    code = "payments.inventory_short"
    kind = Kind.REJECTED
