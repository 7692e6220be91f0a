"""The small base model that ships with Timbre, and the recipe that made it (`python -m training.starter`)."""

from pathlib import Path

STARTER = Path(__file__).parent / "model"
"""Folder of the shipped model: a stand-in that makes the whole loop real on a laptop without a network."""
