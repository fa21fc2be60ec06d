"""Measurements of the whole; README.md says how each figure comes about."""
