"""The page that checks documents, also without a network."""
