"""Parcels, notices to citizens' applications and what became of them."""

from __future__ import annotations
