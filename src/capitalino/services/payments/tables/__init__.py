"""What payments stores. The migrations make it; queries and checks look here."""

from capitalino.services.payments.tables import payments, staff
from capitalino.services.payments.tables.columns import schema

__all__ = ["payments", "schema", "staff"]
