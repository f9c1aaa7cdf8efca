"""How a fee policy changes: written by one person, checked, rehearsed, approved by another, in force on its day."""
