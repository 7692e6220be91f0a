"""A Slack that runs on a laptop: Web API, Socket Mode, and a page to click in. `docs/playground.md` is its contract."""
