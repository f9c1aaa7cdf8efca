"""Every route of this group of pages, for the application."""

from __future__ import annotations

from . import figures, operation, procedures, punctuality

ROUTERS = (procedures.router, punctuality.router, figures.router, operation.router)
