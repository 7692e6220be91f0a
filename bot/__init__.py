"""Everything a person or Slack touches."""
