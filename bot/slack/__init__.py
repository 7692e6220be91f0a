"""What only Slack needs: payload types, threads, roles, posting."""
