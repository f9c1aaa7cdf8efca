"""Promised moments as they come nearer and pass: who is told, and what is owed to the citizen then."""
