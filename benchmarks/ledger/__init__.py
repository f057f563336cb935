"""The ledger beside pgbench, django-hordak and pgledger, on one PostgreSQL."""
