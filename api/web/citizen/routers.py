"""Every route of this group of pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from . import applications, apply, catalogue, evidence, own_data, payment, post, questions, result

ROUTERS: tuple[APIRouter, ...] = (
    catalogue.router,
    apply.router,
    evidence.router,
    applications.router,
    payment.router,
    result.router,
    post.router,
    questions.router,
    own_data.router,
)
