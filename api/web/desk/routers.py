"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import approve, cases, delegations, papers, waiting, work

ROUTERS: tuple[APIRouter, ...] = (
    work.router,
    approve.router,
    waiting.router,
    delegations.router,
    papers.router,
    cases.router,
)
