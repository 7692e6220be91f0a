"""The demo: a company small enough to read, busy enough to learn a voice from."""
