"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import book, policies

ROUTERS: tuple[APIRouter, ...] = (book.router, policies.router)
