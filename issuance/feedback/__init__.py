"""What citizens ask while they wait, and what they say afterwards."""
