"""Is this document genuine? Formats, trust, verdicts; public keys only, usable without all the rest."""
