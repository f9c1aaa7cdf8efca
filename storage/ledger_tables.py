"""Who read whose data, and the seals over what was written."""

from __future__ import annotations
