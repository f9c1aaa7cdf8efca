"""How many numbers a restore leaves out, where nobody says it."""

ROOM_A_DAY = 2_000
"""Of each unit, for each day that has begun since the backup: more than any of them gives away. A gap in receipts can
be explained, two with one number cannot."""
