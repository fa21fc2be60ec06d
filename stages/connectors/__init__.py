"""Connectors: each brings what is said under one platform's live stream into the pipeline."""
