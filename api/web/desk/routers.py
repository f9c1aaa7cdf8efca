"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import cases, work

ROUTERS: tuple[APIRouter, ...] = (work.router, cases.router)
