"""Kills everything, again and again, while comments come in; then compares four ledgers with each other."""
