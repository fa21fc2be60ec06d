"""The one error that means: not now."""

from __future__ import annotations


class DatabaseUnavailable(Exception):
    """Postgres could not be reached or did not answer in time; the same work can be tried again.

    Where it comes from a commit, nobody knows whether the transaction took place: what is tried again must
    find its own rows.
    """
