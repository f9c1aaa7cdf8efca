"""Fuzzing of all that verifies strangers' bytes: doors.py says what must hold, __main__.py tries one with atheris."""
