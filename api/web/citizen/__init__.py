"""A citizen's pages: ask for a document, follow it, get it."""
