"""The runtime: carries records from stage to stage, and knows no commerce."""
