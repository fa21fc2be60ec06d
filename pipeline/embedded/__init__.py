"""Valkey and Postgres from PyPI wheels, as child processes: no docker, no root, no account."""

from pipeline.embedded.failure import ServerFailed
from pipeline.embedded.postgres import Postgres
from pipeline.embedded.valkey import Valkey

__all__ = ["Postgres", "ServerFailed", "Valkey"]
