"""Policy documents from bytes: shape, references, examples, acts; every problem in both languages, at its place."""
