"""Figures for heads and for everybody, and the state of the service for operators."""
