"""The pages for people: the public check of a document, the start page, and the list of problems."""
