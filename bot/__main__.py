"""`python -m bot` is `timbre`."""

from bot.cli import main

main()
