"""The outside world for demo and tests: identity provider, registers, gateway."""
