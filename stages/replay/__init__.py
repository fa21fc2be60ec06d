"""Replay: history goes through the stages again, to finish what was lost or to see what would change."""
