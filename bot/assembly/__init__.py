"""Where the bot's rooms are furnished: each module builds what belongs together from the settings."""
