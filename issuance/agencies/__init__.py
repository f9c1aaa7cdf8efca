"""The authorities of an installation: a tree of units that begin, merge and end on days, held as data."""
