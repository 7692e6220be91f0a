"""Slack's own export, a zip, becomes pairs for the review queue and, on request, documents to answer from."""
