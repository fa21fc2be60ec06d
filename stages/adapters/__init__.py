"""What the stages talk to: models, stores, providers."""
