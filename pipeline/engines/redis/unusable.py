"""Why a Redis can't be used, for whoever can mend it."""

from __future__ import annotations

from redis.exceptions import AuthenticationError, ResponseError


def why_unusable(error: Exception) -> str:
    """What redis-py raised, in a sentence that says what to do."""
    said = str(error).rstrip(".")
    if isinstance(error, ResponseError):
        return f"Redis refuses us ({said}): correct REDIS_URL, redis://user:password@host:port/database."
    if isinstance(error, AuthenticationError):
        return (
            f"Redis refuses us ({said}): correct user and password in REDIS_URL, redis://user:password@host:port "
            "(redis://:password@host:port where there is no user)."
        )
    return f"Redis can't be used ({said}): start it, or correct REDIS_URL."
