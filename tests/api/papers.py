"""Files that open, as people bring them."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image


@cache
def a_picture(number: int = 0, kind: str = "PNG") -> bytes:
    """Small, and another one for each number."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16), (number % 256, number // 256, 0)).save(out, kind)
    return out.getvalue()


@cache
def a_pdf(pages: int = 1) -> bytes:
    out = io.BytesIO()
    sheets = [Image.new("L", (16, 16), "white")] * pages
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()
