"""How large a document may be. Apart from what converts it, whose libraries the bot's own process does without."""

MAX_BYTES = 32 * 1024 * 1024
MAX_CHARACTERS = 4_000_000
