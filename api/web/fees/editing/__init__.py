"""Fee rules written by forms: every part of a draft has one, and each save is checked at once."""
