"""Secrets and personal data leave a text before it is stored; placeholders stand where they stood."""
