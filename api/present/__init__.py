"""What callers get to see: explicit functions from the domain to plain JSON, one file per subject."""
