"""The agency's work: documents, fees, procedure, and the issuing itself. Knows no SQL and no HTTP."""
