"""Fuzzing of all that reads strangers' bytes: doors.py says what must hold, mutate.py changes honest inputs."""
