"""Receipts: what else than their page there is of them."""
