"""What Alembic needs to migrate any service's schema."""
