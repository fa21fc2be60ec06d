"""Mutation testing: are the tests of what must never be wrong able to fail? `python -m tests.mutation`."""
