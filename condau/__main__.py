"""`python -m condau`."""

from condau.cli import app

app()
