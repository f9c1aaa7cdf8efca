"""Money that came, and money that went back."""

from __future__ import annotations
