"""What carries the entries: one folder an engine."""
