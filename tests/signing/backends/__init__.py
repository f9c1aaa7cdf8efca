"""Keys wherever they live: one contract, and what each kind of place can do wrong."""
