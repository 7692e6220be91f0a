"""From approved pairs to a voice in use."""
