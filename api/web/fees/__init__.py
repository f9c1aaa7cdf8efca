"""An agency's pages on fee rules: read, write, check, rehearse, approve."""
