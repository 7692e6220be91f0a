"""What storing an export needs: each database, and the command's own way through an archive."""

from tests.storage.conftest import database, postgres, postgres_database, sqlite_template

__all__ = ["database", "postgres", "postgres_database", "sqlite_template"]
