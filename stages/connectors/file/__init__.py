"""A past show, played from a file."""
