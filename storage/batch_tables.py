"""Documents issued in batches."""

from __future__ import annotations
