"""Attacks on documents that were really issued: tables of ways to change them, tried against every form."""
