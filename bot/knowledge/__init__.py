"""What a team has written down: found, fetched, converted, cut into passages and stored."""
