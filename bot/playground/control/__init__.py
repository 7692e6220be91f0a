"""The control API: acting as a person, looking, seeding, making trouble. `docs/playground.md` describes it."""
