"""A conversation becomes a pair; reviews decide it."""
