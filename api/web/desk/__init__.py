"""The desk's pages: settle the unit's applications."""
