"""The keys of persons, and who was forgotten."""

from __future__ import annotations
