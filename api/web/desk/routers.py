"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import (
    approve,
    cases,
    delegations,
    handovers,
    money,
    money_back,
    money_statements,
    papers,
    post,
    post_reports,
    waiting,
    work,
)

ROUTERS: tuple[APIRouter, ...] = (
    work.router,
    approve.router,
    waiting.router,
    delegations.router,
    money.router,
    money_back.router,
    money_statements.router,
    post.router,
    post_reports.router,
    handovers.router,
    papers.router,
    cases.router,
)
