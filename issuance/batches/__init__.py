"""Documents that a unit issues by the thousand, from one file."""
