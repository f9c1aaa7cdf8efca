"""Who is asking: tokens in, VerifiedCitizen out. Knows no database and no HTTP server."""
