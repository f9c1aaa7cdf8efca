"""The scanner's icon as telephones want it on their first screen: a picture of squares, drawn here."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw

_GROUND, _FRAME, _TICK = (16, 37, 58), (255, 255, 255), (110, 220, 160)
_FINER = 4
"""Drawn so many times larger, then made small: smooth edges."""


@cache
def draw_icon(side_pixels: int) -> bytes:
    """A PNG: the corners of a viewfinder around a tick, within the circle that any mask leaves."""
    side = side_pixels * _FINER
    picture = Image.new("RGB", (side, side), _GROUND)
    pen = ImageDraw.Draw(picture)
    near, far, arm, width = 0.26 * side, 0.74 * side, 0.14 * side, round(0.05 * side)
    for x, to_x in ((near, near + arm), (far, far - arm)):
        for y, to_y in ((near, near + arm), (far, far - arm)):
            _line(pen, [(to_x, y), (x, y), (x, to_y)], width, _FRAME)
    tick = [(0.38 * side, 0.51 * side), (0.47 * side, 0.60 * side), (0.63 * side, 0.41 * side)]
    _line(pen, tick, round(0.065 * side), _TICK)
    out = io.BytesIO()
    picture.resize((side_pixels, side_pixels), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _line(
    pen: ImageDraw.ImageDraw, places: list[tuple[float, float]], width: int, colour: tuple[int, int, int]
) -> None:
    pen.line(places, colour, width, joint="curve")
    for x, y in (places[0], places[-1]):
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), colour)
