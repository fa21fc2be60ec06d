"""The archive: what came through the public door, for as long as it is wanted."""
