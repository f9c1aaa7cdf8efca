"""The further condition of a rule, in CEL: compiled against the catalogue of facts, bounded, and explained."""
