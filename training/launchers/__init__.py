"""Where a training run executes."""
