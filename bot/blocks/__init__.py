"""Block Kit: a value goes in, blocks come out."""
