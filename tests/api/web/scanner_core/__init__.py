"""What the scanner's JavaScript must answer as `verification` does in Python: codes, lists and bundles of all kinds."""
