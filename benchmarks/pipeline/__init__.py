"""The whole pipeline with real models, database and providers' sandbox: how much it does, and how fast."""
