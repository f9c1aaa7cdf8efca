"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import offline, scanner

ROUTERS: tuple[APIRouter, ...] = (scanner.router, offline.router)
