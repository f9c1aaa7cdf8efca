"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import book, differences, drafts, policies, rehearsals, take_back

ROUTERS: tuple[APIRouter, ...] = (
    book.router,
    differences.router,
    policies.router,
    drafts.router,
    rehearsals.router,
    take_back.router,
)
