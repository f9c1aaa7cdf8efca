"""Backups: rows and files of one moment, checked when made, put back on an empty machine."""
