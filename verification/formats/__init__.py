"""The formats that signing writes and verification reads."""
