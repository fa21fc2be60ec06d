"""Runs the short form of every benchmark and keeps what it found."""
