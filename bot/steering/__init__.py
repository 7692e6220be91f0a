"""What people ask of Timbre by `/timbre`, a module a topic."""
