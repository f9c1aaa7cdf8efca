"""How an agency keeps its promises, in figures that add up."""
