"""Questions and surveys."""
