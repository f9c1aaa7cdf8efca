"""Registers that the agency asks: a port per register, and its adapter over HTTP."""
