"""Alembic's folder: the schema's history. Run by storage.migrate at start."""
