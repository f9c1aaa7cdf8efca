"""Measurements beside a baseline in the same run: `python -m benchmarks [name…]`. See docs/benchmarks.md."""
