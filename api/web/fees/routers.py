"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import act_files, book, differences, draft_list, drafts, policies, rehearsals, take_back
from .editing import new, pages, part_pages

ROUTERS: tuple[APIRouter, ...] = (
    book.router,
    differences.router,
    policies.router,
    take_back.router,
    new.router,
    draft_list.router,
    drafts.router,
    pages.router,
    part_pages.router,
    rehearsals.router,
    # Last: a digest may stand where other addresses below /fees/acts have words.
    act_files.router,
)
