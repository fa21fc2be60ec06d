"""The records that pass between stages, and nothing that knows how they travel."""
